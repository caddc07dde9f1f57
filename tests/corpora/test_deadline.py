import contextlib
import re
import signal
import threading
import time

import pytest

from corpora.deadline import OutOfTimeError, bound, time_limit
from corpora.errors import CorporaError

HOSTILE = "a" * 60 + "b"
RUNAWAY = re.compile(r"(a+)+$")  # takes 2 ** 60 steps on the text above


def test_a_runaway_pattern_is_stopped_in_the_middle_of_its_match():
    with pytest.raises(OutOfTimeError), time_limit(0.3):
        RUNAWAY.match(HOSTILE)


def test_what_is_done_in_time_passes_and_the_timer_is_off():
    with time_limit(5):
        assert RUNAWAY.match("aaa")
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)
    with pytest.raises(ValueError, match="its own"), time_limit(5):
        raise ValueError("its own")
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_swallowing_the_error_does_not_help():
    with pytest.raises(OutOfTimeError), time_limit(0.3), contextlib.suppress(CorporaError):
        RUNAWAY.match(HOSTILE)


def test_the_outer_of_two_limits_rules():
    with pytest.raises(OutOfTimeError), time_limit(0.3), time_limit(1000):
        RUNAWAY.match(HOSTILE)


def test_in_another_thread_slow_work_fails_when_it_is_done():
    seen = []

    def work():
        try:
            with time_limit(0.05):
                until = time.thread_time() + 0.1
                while time.thread_time() < until:
                    pass
        except OutOfTimeError as error:
            seen.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen


def test_a_longer_text_gets_more_time():
    assert bound(0) < bound(1000) < bound(10**6)
