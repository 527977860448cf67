from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ultracore.audit.sealing import MasterKey, SigningKey, key_id_of, load_public_key
from ultracore.errors import OperatorError


def test_a_key_file_is_made_once_even_by_many_at_the_same_time(tmp_path: Path) -> None:
    digests: list[str] = []
    threads = [
        threading.Thread(target=lambda: digests.append(MasterKey.load(tmp_path / "k" / "master.key").digest("x")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(digests)) == 1
    assert [path.name for path in (tmp_path / "k").iterdir()] == ["master.key"]


def test_a_wrapped_key_opens_only_with_its_master_key_and_label(master: MasterKey) -> None:
    wrapped = master.wrap(b"k" * 32, "label")
    assert master.unwrap(wrapped, "label") == b"k" * 32
    with pytest.raises(OperatorError, match="does not fit"):
        master.unwrap(wrapped, "another label")
    with pytest.raises(OperatorError, match="does not fit"):
        MasterKey(b"x" * 32).unwrap(wrapped, "label")


def test_a_signing_key_survives_and_its_public_part_verifies(tmp_path: Path, signing: SigningKey) -> None:
    again = SigningKey.load(tmp_path / "audit-signing.pem", create=False)
    assert again.key_id == signing.key_id
    public = load_public_key(signing.public_pem().encode())
    public.verify(signing.sign(b"message"), b"message")
    assert key_id_of(public) == signing.key_id


@pytest.mark.parametrize("content", ["", "hello", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_foreign_key_files_are_refused_in_a_sentence(tmp_path: Path, content: str) -> None:
    file = tmp_path / "key.pem"
    file.write_text(content)
    with pytest.raises(OperatorError):
        SigningKey.load(file)
    with pytest.raises(OperatorError):
        load_public_key(content.encode())


def test_a_key_file_that_cannot_be_made_is_said() -> None:
    with pytest.raises(OperatorError, match=r"master\.key (is missing|cannot be used)"):
        MasterKey.load(Path("/proc/master.key"))
