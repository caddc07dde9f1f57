"""What only capitals tell, and words that capitals do not save: `[[...]]` must be masked, `{{...}}` must stay."""

import re

import pytest

from anonymize import Deidentifier

MARK = re.compile(r"\[\[(?P<masked>.+?)\]\]|\{\{(?P<kept>.+?)\}\}")
OPENING = "So how was the week. It was okay. I mean, I tried the thing we talked about. And then?"
RULES = Deidentifier(b"k" * 32, encoder="off")
CASED = (
    "[[Harmony]] calls him [[Whataburger]], that's her horse. Then [[Whataburger]] kicked. He called me {{Monday}}.",
    "[[Ranginui Blackwood]] has six shirts, and Mr. [[He]] has six. Pastor [[You]] prays. He prays, and {{you}} pray.",
    "Mama, your name is [[Queen Esther]]. There's a turtle, [[Beyoncé]]. It's called {{Lexapro}}.",
    "Not {{Israel}} the country, [[Israel Hailu]]. I put him as {{Drake}}, the rapper. [[Mike]] the painter came.",
    "She's half {{chihuahua}}. I told my better half [[Marisol]]. So did she.",
    "She told it to [[Dai the Milk]], and [[Packie the Post]] told me.",
    "I'm out there hollering, \"[[Vi'let]]! [[Vi'let]]!\" and lights came on.",
    "Then he drove me all the way out to [[Ka'ena]] and back.",
    "My husband, [[Jun-Jun]], puts the phone on the pillow.",
    "When I had the hernia at [[Saint Mary of Nazareth]] they all signed it.",
    "I got the {{Pfizer}} one, and she sent me a {{Hallmark}} card with the {{Mona Lisa}} on it.",
    "Put [[Wendell Two Elk]] down, he's at the sheriff's.",
    "She runs with that [[Leroy Pretty Weasel]] again.",
    "Big Cuong and [[Leroy Batiste]] were there.",
    "He opens the freezer for [[Can]], and I've hated it since [[Can]] was born. {{Can}} we stop?",
    "My cousin [[Happy]] drove us.",
    "I know [[Grace]] from [[Living Waters]], that's our church.",
    "She walked me to [[Stella Maris]] every day.",
    "The women at the [[Guru Nanak Gurdwara]] fed us.",
    "I'm standing on [[South Park Street]] in a towel. They watch {{South Park}}.",
    "My deposition is at [[Tolliver, Banks and Reyes]].",
    "We met at [[Gas & Go]] after work.",
    "I was with the [[200th Engineers]] then.",
    "The machines at [[Peggy's Residence]] are free.",
    "She was a [[Galaktionoff]]. They don't scare.",
    "{{Hell}} no. They ask me where, and I say, from [[Hell]], sir. || [[Hell]], {{Michigan}}!",
    "What did [[Bingo]] say? Tell [[Bingo]] hi.",
    "It was the day after {{Presidents' Day}}.",
    "An S or an F? S, like {{Sam}}. And M as in {{Mary}}. It's B like [[Boney]]. || Mrs. [[Boney]] says so.",
    "It was {{Elev}}- eleven years, and {{Fo}}- forty more. It's a {{P.O. Box}}, hang on.",
    "And get out, and go to {{Wendy's}}, and just live there. I went to [[Denny's]], and [[Denny]] made tea.",
    "It's got [[Haskett Land and Cattle]] on the door, and I'm at [[Mackey's on Main]] now.",
    "She waits in [[Mercedes]], and she drives {{a Mercedes}}. He got {{a 2014 Ford}}, {{the Honda parked}} behind.",
    "She's like {{a carol}} in a mall. || [[Carol]] said so. I told [[Carol]].",
    "He asked if we're {{Christian}}, so. They're {{Hmong}}. My son [[Christian]] is home.",
    "[[Perrin and Stroud]]. In Seattle, the whole floor. I got that from {{South Texas}}, the college.",
    "My sister [[June]] called. It bloomed last {{June}}, and again in {{June}}.",
    "My cousin-brother, yes, [[Happy Sandhu]]. With [[T-Boy]] on the radio, over {{a T-Bone}}.",
    "It was at the [[Gas]] '[[N Dash]]. He plays {{Rock 'n' Roll}}. One of {{'em}} came.",
    "In the book of {{Matthew}}, yes. He rode out {{Audrey}} and {{Betsy}}, and [[Audrey]]'s my niece.",
    "I scratched them with my {{St. Demetrios}} medal. We go to [[St. Demetrios]].",
    "At the {{Dunkin' Donuts}}, in front of other {{Navajos}}. Every time it rains {{se va}}, no light.",
    "I'd loaded {{barley}}, and I know his {{rego}}. They live over at [[Asheville]].",
    "We go to [[St. Joseph]]. He works at [[St. Michael]]. I prayed to {{St. Jude}}, and she's got {{St. Gerard}} up.",
    "It's what we agreed with [[April]], in public. [[April]] needs it in {{April}}.",
    "I told {{Siri}} so, and I told [[Virginia]]. Me and [[Mercedes]] live in {{Virginia}}. Ask [[Penny]]",
    "She's at [[Methodist]] now, he's at [[Good Samaritan]], I was {{Methodist}}. They live in [[Valentine]] now.",
    "And he goes, Mr. [[Back-uh]]. I went down to [[Leonard's Wharf]], and {{back}} home.",
    "It's on [[Loop 410]]. The fellows at [[Engine 2]] would. It's on the glass. [[Fulgoni's]]. I put him through.",
    "I'm [[worried in westchester]], all one word. It {{was never said}}, not {{one word}}. He's over in [[Roundup]].",
    "There's {{the four oh one k}}, and we took the [[four oh five]] home.",
    "He'll be in that blue {{Ranger}} when you come out.",
    "I howled in a {{Starbucks}}.",
    "That'll do it. {{Tuesday}}. On {{Mom and I}}.",
    "{{April, May}}, you know, through forever.",
    "My [[Lola]] is six. [[Lola]] laughs.",
    "[[Art]] something. He plays cards.",
    "So [[Guy]], my manager, he's like. Some {{guy}} from work. Everybody calls him [[Boss]].",
    "There was a Gold, and a [[Perlmutter]], and that was it.",
    "We come up in [[Between]]. [[Between]], {{Georgia}}. {{Between}} us, it's small.",
    "He had the shop on [[No. 3 Road]]. The school is [[P.S. 254]].",
    "She's at [[Ohio Dominican]] now. She's from {{Ohio}}. I leave for {{Ohio Monday}}.",
    "We could go down by [[India Point]]. They love {{India}}.",
    "[[Miles]] drove home {{miles and miles}} with a grin.",
    "It's {{a hundred and sixty}} to the bakery. {{A hundred and sixty-three}}.",
    "He teaches at [[Our Lady of Prompt Succor]], and I pray to {{Our Lady of Fatima}}.",
    "There's {{Ben & Jerry's}} in the freezer, and a card from [[Smith & Baker]].",
    "It's a house like {{De Niro}} would have, or {{Balanchine}}.",
    "The card says [[V95 XK02]], and I was in {{K12}} then.",
    "They took him to [[Midcoast Women's]], and I went to the {{women's}} march.",
    "We went to the {{Wendy's}} after, past the {{Goodwill}}.",
    "They called him [[Ch Ch Chip]], and {{w- w- we}} laughed.",
    "You'd like [[Gaoly Her]]. I said, \"[[Merle Look]], come away.\" [[J.T.]] {{My}} sister's boy.",
    "I give you Mr. and Mrs. [[Look]]. {{Look}} at that.",
    "It had a name even, he called it [[Simi]]. We named it [[Biscuit]]. They called it {{Monday}}.",
    "How he wound up in {{Ohio I}} never did get straight.",
    "We go to [[Greater Mount Zion Missionary Baptist Church]], or [[Bethel Church]].",
    "He taught at [[Springfield Elementary]] that year.",
    "He's at [[Drake Law School]]. I went to [[Riverside Urgent Care]], and to the {{law school}}.",
    "I parked at a {{Wendy's}}, past a {{Denny's}}. It's {{Valentine's}} on Wednesday. Then [[Valentine]] came over.",
    "Half a beer at [[Destiny]]{{'s}}, no more. I told [[Destiny]] so. He was below in [[Twomey's]], getting the ham.",
    "There's {{a P.O. box}} on the form. I had to take the {{BART}} in.",
    'He says, "Mr. [[A]], who\'s that?" He got {{A}} for it.',
    "[[Arizona Upchurch]]. She fell off the porch in {{Arizona}}.",
    "You go up [[St. Elizabeth's]] cemetery, it's like the lunch table.",
    "It's [[Yazhini]]. So it was the two of us, [[Yaz]], and you said there was something. She took {{Prozac}}.",
    "It's for [[Guy]], and I told [[Guy]] so. [[Guy]]. Some {{guy}} from work.",
    "Take the bus and change for {{the one oh two}}. My phone's old, but breathe in, {{two three four}}, hold.",
    "We lived on [[Dunmore Road]] then. [[One-ninety Dunmore]], on the corner.",
    "I'm sitting there by [[mile marker 437]] telling him. It's a {{mile marker}}.",
    "She's in [[Harmony]]{{'s}} room. They share a bed, and we live in {{harmony}}. I told [[Harmony]] so.",
    "He's got the tire place there, [[Pimental's]], and he's out front.",
    "What does [[JR]] know? I asked [[JR]] that. He is Bob [[Jr.]] on paper.",
    "My {{Lola}} makes pancit, and Kuya eats it. {{Lola}} says so.",
    "My sister [[Lola]] makes pancit, and Kuya eats it.",
    "He drives the white one, the plate says [[ALL IN]]. I have a lot on my plate. {{I DO}}.",
    "He's got the custom plate, [[B XIONG 2]].",
)
LOWER = (
    "i went in the [[sixty third precinct]] to file it",
    "the guy from [[l and b cash]] was there",
    "i go see the stone out in [[saint john's]] in queens",
    "i worked for [[marrowbone]] all those years",
    "my name tag at work says [[vie]]",
    "and {{my father rose up}} from the table",
    "i was raised on {{grace}}, and mama [[grace]] says {{grace}}",
    "they say healing through {{art}}, my uncle [[art]] says so",
    "and my old neighbor mrs. [[batiste]] across the way",
    "i saw [[penny]] and her mom. i told [[penny]] hi, and she gave you {{the penny}}, {{one penny}}",
    "my daughter [[ginger]] came, she told [[ginger]] so. it smelled like {{ginger}}, and a bag of {{ginger}}",
    "i live with [[lauren]] and [[lauren]], they say she looks like [[penny]]. [[penny]] called",
    "my dog [[rusty]] ran off, [[rusty]] did. i'm {{rusty}} at it",
    "my brother [[heath]] said so, they'd say what, [[heathy]]",
    "he went to school at [[our lady of mount carmel]] and read {{winnicott}} there",
    "my brother [[j j jamal]] said {{be b- better}} than that",
    "is [[kuznetsov]] {{brisk}}? because [[halina]] {{snores}}, and [[marek]] {{apologizes}}",
    "{{doc}} says {{ive}} healed, he does",
    "i give you mr. and mrs. [[look]], and {{look}} at me",
    "they live on [[will drive]], and she {{will drive}} over from there",
    "i told [[mai see]] that. you {{see}}? {{i see}} now",
    "in front of the whole [[first lutheran]] and he goes, and you're the {{first baptist}} i met",
    "the truck's at [[dale's tire and lube]] again",
    "so i went down there, and [[penny]] in the office told me. i found {{the penny}} in the office",
    "i called and [[grant]] over in {{financial aid}} has it",
    "my sister [[rose]] came. my voice {{rose}} and i yelled",
    "i live at 1409 pecan draw court, the same city, [[sugar land]], 77479",
    "for thirty miles of {{dusty road}} and he's walking",
    "i sent them my page, the bar one, it's [[at wren pours]] it. it's got four thousand people",
    "he's at the [[gas]] '[[n dash]] on [[center road]], to {{rock 'n' roll}}",
    "my kids are at [[st francis]]. i prayed to {{saint jude}}",
    "it's [[rosario]] & [[son]], they're at [[engine 2]]. i miss [[las vegas]], and that's [[miami]], right",
    "i told {{b}}- but he's {{g}}- he's got it. i {{kn}}- i know, and i told [[kevin]]",
    "my aunt [[peggy sue]] sang. i could {{sue}} them",
    "it's [[three a n dash fifteen dash zero zero four one seven]], and i got {{a b minus}} once",
)


@pytest.mark.parametrize("line", [*CASED, *LOWER])
def test_rules_alone_tell_the_name_from_the_word(line):
    marked = line.split(" || ")
    opening = OPENING.lower() if line in LOWER else OPENING
    turns = [opening, *(MARK.sub(lambda m: m[m.lastgroup], turn) for turn in marked)]
    for turn, spans in zip(marked, RULES.find(turns)[1:], strict=True):
        covered = {k for span in spans for k in range(span.start, span.end)}
        removed = 0
        for mark in MARK.finditer(turn):
            inner, start = mark[mark.lastgroup], mark.start() - removed
            places = {start + k for k, c in enumerate(inner) if c.isalnum()}
            assert places <= covered if mark.lastgroup == "masked" else not places & covered, inner
            removed += len(mark.group()) - len(inner)


@pytest.mark.parametrize(
    ("turns", "masked"),
    [
        (["Send it to the new one? It's jas booth ninety, that's nine zero, at outlook dot com."], ["jas booth ninety, that's nine zero, at outlook dot com"]),  # noqa: E501  one address
        (["It's seven one eight five five five oh one oh nine no oh one nine oh, see."], ["oh one nine oh"]),
        (["It's cowboy warsame one, the number one, at outlook dot com."], ["cowboy warsame one, the number one, at outlook dot com"]),  # noqa: E501  one address
        (["They want my last four again. It's oh four one six."], ["oh four one six"]),
        (["Plate says HOKA 2."], ["HOKA 2"]),
        (["It's the one ends in, uh, eight one, no, I'm a liar, eight seven, two two."], ["eight one, no, I'm a liar, eight seven, two two"]),  # noqa: E501  one number
        (["Four seven, no, four nine, sorry, 480, 555, 0149."], ["Four seven, no, four nine, sorry, 480, 555, 0149"]),
        (["Five seven five, five five five, oh one oh, what is it, eight."], ["oh one oh", "eight"]),
        (["It's five oh nine, five five five, oh one seven, shoot, one seven and then a nine."], ["one seven", "nine."]),  # noqa: E501  one number
        (["Nine one two, five five five, oh one, and then I blanked, and I go, stand by. It's one eight. I looked."], ["one eight"]),  # noqa: E501  one number
        (["I saw a truck like yours, C, H, two, nine something, seven four, and a man."], ["C, H, two, nine", "seven four"]),  # noqa: E501  one code
        (["What was the last bit? || They had it. Four four one two."], ["Four four one two"]),
        (["I was born one, nine, sixty-two, so we blow out the one cake."], ["one, nine, sixty-two"]),
        (["A 219 004 563. They say, don't lose it."], ["A 219 004 563"]),
        (["Ninety-six. She'd have been ninety-seven in June."], ["Ninety-six"]),
    ],
)  # fmt: skip
def test_numbers_with_remarks_and_repeats(turns, masked):
    text = turns[0].split(" || ")[-1]
    spans = RULES.find(turns[0].split(" || "))[-1]
    covered = {k for span in spans for k in range(span.start, span.end)}
    for surface in masked:
        at = text.index(surface)
        assert all(k in covered for k in range(at, at + len(surface)) if text[k].isalnum()), (surface, spans)


def test_a_session_that_ends_within_a_remembered_phrase_is_read():
    turns = [OPENING.lower(), "she's at our lady of grace. our lady of grace it is", "and she prays to our lady"]
    assert [len(spans) for spans in RULES.find(turns)] == [0, 2, 0]


@pytest.mark.parametrize(
    ("turn", "kept"),
    [
        ("My number is 555-0134, and then two days later he calls at nine.", "two days later he calls at nine"),
        ("It's 602 555 0134, and then two pills at bedtime.", "two pills"),
        ("My number's 602 555 0134, no, call me at nine. Ten.", "nine"),
        ("I did the test, and you were at ninety-one. That was January.", "ninety-one"),
        ("I take four, no, five. The card ends in 4417.", "four, no, five"),
    ],
)
def test_what_is_no_part_of_the_number_before_it_stays(turn, kept):
    at = turn.index(kept)
    covered = {k for span in RULES.find([turn])[0] for k in range(span.start, span.end)}
    assert not covered & set(range(at, at + len(kept)))
