import stat

from anonymize.mapping import read_map

TEXT = (
    "DR. HALE: How was it, Oluchi?\n\nCLIENT: I told Oluchi that my number is 251-555-0139.\n\n"
    "DR. HALE: So you gave it to her again, and I wonder what you hoped would come of that, since the last time that "
    "you did it you sat by the telephone for a week and then you came here and told me that nobody had called at all, "
    "and that you would never do such a thing again in your life.\n"
)


def test_the_map_is_written_on_demand_only_and_changes_nothing_else(tmp_path, corpora_command, key_file, published):
    (tmp_path / "in").mkdir()
    for number in range(4):
        (tmp_path / "in" / f"{number}.txt").write_text(TEXT)
    common = ("build", "--input", tmp_path / "in", "--key-file", key_file, "--engine", "serial", "--min-words", "5")
    corpora_command(*common, "--out", tmp_path / "plain", check=True)
    corpora_command(*common, "--out", tmp_path / "kept", "--keep-map", check=True)
    assert not list(tmp_path.glob("plain*/**/*.fernet"))
    (path,) = tmp_path.glob("kept*/**/*.fernet")
    assert path.parent.name == "kept.work"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert published(tmp_path / "plain") == published(tmp_path / "kept")
    mapping = read_map(path, key_file.read_bytes())
    assert sorted(mapping) == [f"file:{number}.txt" for number in range(4)]
    assert all("Oluchi" in of_client["NAME"] and "251-555-0139" in of_client["PHONE"] for of_client in mapping.values())


def test_anonymize_keeps_a_map_on_demand(tmp_path, corpora_command, key_file):
    (tmp_path / "0.txt").write_text(TEXT)
    corpora_command("anonymize", tmp_path / "0.txt", tmp_path / "a.jsonl", "--key-file", key_file, check=True)
    assert not (tmp_path / "a.jsonl.work").exists()
    flags = ("--key-file", key_file, "--keep-map")
    corpora_command("anonymize", tmp_path / "0.txt", tmp_path / "b.jsonl", *flags, check=True)
    mapping = read_map(tmp_path / "b.jsonl.work" / "map.fernet", key_file.read_bytes())
    (of_client,) = mapping.values()
    assert of_client["NAME"]["Oluchi"] in (tmp_path / "b.jsonl").read_text()
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
