"""Chinese and English are both whole: every text that people see is in the catalogue, translated."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).parent.parent
CHINESE = ROOT / "locale/zh_Hans/LC_MESSAGES/django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
SOURCES = ("roleplay", "characters", "templates", "manage.py", "pyproject.toml")


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return polib.pofile(str(CHINESE))


def test_every_text_is_translated(catalogue):
    assert [entry.msgid for entry in catalogue if not entry.translated()] == []
    assert [entry.msgid for entry in catalogue if entry.fuzzy] == []


def test_translations_keep_every_placeholder(catalogue):
    for entry in catalogue:
        for chinese in [entry.msgstr, *entry.msgstr_plural.values()]:
            if chinese:
                english = entry.msgid_plural or entry.msgid
                assert set(PLACEHOLDER.findall(chinese)) <= set(PLACEHOLDER.findall(english)), (
                    chinese
                )
                assert entry.msgid_plural or sorted(PLACEHOLDER.findall(chinese)) == sorted(
                    PLACEHOLDER.findall(english)
                ), chinese


def test_what_is_compiled_is_what_is_written(catalogue):
    compiled = polib.mofile(str(CHINESE.with_suffix(".mo")))
    written = {entry.msgid: entry.msgstr or entry.msgstr_plural for entry in catalogue}
    assert {entry.msgid: entry.msgstr or entry.msgstr_plural for entry in compiled} == written


def test_no_text_is_missing_from_the_catalogue(catalogue, tmp_path):
    if not shutil.which("xgettext"):
        assert "CI" not in os.environ, "install gettext: the catalogue cannot be checked without it"
        pytest.skip("GNU gettext is not on this machine")
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    (tmp_path / "locale").mkdir()
    subprocess.run(
        [sys.executable, "manage.py", "makemessages", "--locale", "zh_Hans", "--no-obsolete"],
        cwd=tmp_path,
        env={**os.environ, "DATA_DIR": str(tmp_path / "var")},
        check=True,
        capture_output=True,
    )
    collected = polib.pofile(str(tmp_path / "locale/zh_Hans/LC_MESSAGES/django.po"))
    known = {(entry.msgctxt, entry.msgid) for entry in catalogue}
    assert {(entry.msgctxt, entry.msgid) for entry in collected} - known == set()
