"""Whatever happens in the child, the caller gets an answer with a reason, and the next message is read."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters import sandbox as sandbox_module
from adapters.mail import mime
from adapters.sandbox import Sandbox, SandboxUnavailable
from crm.intake.inquiry import Inquiry, Unreadable
from tests.adapters.mails import mail


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as real:
        yield real


@pytest.fixture(scope="module")
def misbehaving() -> Iterator[Sandbox]:
    with Sandbox("tests.adapters.misbehaving") as box:
        yield box


def do(box: Sandbox, word: str) -> Inquiry | Unreadable:
    return box.read("MAIL", "", word.encode())


def reason(answer: Inquiry | Unreadable) -> str:
    assert isinstance(answer, Unreadable), answer
    return answer.reason


def child_of(box: Sandbox) -> int:
    assert box._child is not None
    return box._child._process.pid


def test_it_reads_what_the_reader_reads(sandbox: Sandbox) -> None:
    raw = mail("Grüße", subject="Anfrage", sender="Anna <anna@example.org>", Date="Wed, 3 Apr 2024 12:00:00 +0200")
    assert sandbox.read("MAIL", "", raw) == mime.read(raw)
    form = sandbox.read("FORM", "application/json", b'{"email": "a@b.de", "utm_source": "x", "Frage": "y"}')
    assert isinstance(form, Inquiry)
    assert (form.email, form.utm, form.text) == ("a@b.de", {"source": "x"}, "y")
    assert form.fields == (("email", "a@b.de"), ("utm_source", "x"), ("Frage", "y"))


def test_it_hands_on_why_something_cannot_be_read(sandbox: Sandbox) -> None:
    assert reason(sandbox.read("MAIL", "", b"\x00\xff")) == "NOT_A_MAIL"
    assert reason(sandbox.read("FAX", "", b"")) == "UNKNOWN_KIND"


def test_one_child_serves_many_messages(misbehaving: Sandbox) -> None:
    assert do(misbehaving, "hello") == do(misbehaving, "hello")


def test_a_message_that_spins_is_too_expensive(misbehaving: Sandbox) -> None:
    begun = time.monotonic()
    assert reason(do(misbehaving, "spin")) == "TOO_EXPENSIVE"
    assert time.monotonic() - begun < 4
    assert isinstance(do(misbehaving, "hello"), Inquiry)


def test_a_message_that_waits_is_too_expensive(misbehaving: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_module, "WALL_SECONDS", 0.5)
    assert reason(do(misbehaving, "sleep")) == "TOO_EXPENSIVE"
    monkeypatch.undo()
    assert isinstance(do(misbehaving, "hello"), Inquiry)


def test_a_message_that_needs_too_much_memory_is_too_large(misbehaving: Sandbox) -> None:
    assert reason(do(misbehaving, "swell")) == "TOO_LARGE"
    assert isinstance(do(misbehaving, "hello"), Inquiry)


def test_a_bug_is_named_by_its_class_only(misbehaving: Sandbox) -> None:
    answer = do(misbehaving, "raise")
    assert reason(answer) == "PARSER_ERROR"
    assert isinstance(answer, Unreadable)
    assert "LookupError" in answer.detail
    assert "stranger" not in answer.detail


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGBUS"])
def test_a_crash_is_named(misbehaving: Sandbox, name: str) -> None:
    answer = do(misbehaving, name)
    assert reason(answer) == "PARSER_CRASHED"
    assert isinstance(answer, Unreadable)
    assert name in answer.detail
    assert isinstance(do(misbehaving, "hello"), Inquiry)


def test_a_message_that_gets_two_children_killed_is_given_up(misbehaving: Sandbox) -> None:
    assert reason(do(misbehaving, "SIGKILL")) == "PARSER_CRASHED"
    assert isinstance(do(misbehaving, "hello"), Inquiry)


def test_what_the_child_prints_does_not_end_up_in_its_answer(misbehaving: Sandbox) -> None:
    assert isinstance(do(misbehaving, "print"), Inquiry)
    assert isinstance(do(misbehaving, "hello"), Inquiry)


def test_the_child_can_write_no_file_and_knows_no_secret(misbehaving: Sandbox) -> None:
    written, environment = do(misbehaving, "write"), do(misbehaving, "env")
    assert isinstance(written, Inquiry)
    assert isinstance(environment, Inquiry)
    assert written.text != "written"
    assert set(environment.text.split()) <= {"LC_CTYPE", "LD_LIBRARY_PATH"}


def test_a_child_killed_between_two_messages_costs_no_message(sandbox: Sandbox) -> None:
    raw = mail("eins")
    expected = sandbox.read("MAIL", "", raw)
    first = child_of(sandbox)
    os.kill(first, signal.SIGKILL)
    assert sandbox.read("MAIL", "", raw) == expected
    assert child_of(sandbox) != first


def test_a_child_killed_while_it_reads_costs_no_message(misbehaving: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first attempt is killed by us, the second runs to its own end."""
    monkeypatch.setattr(sandbox_module, "WALL_SECONDS", 2.0)
    do(misbehaving, "hello")
    first = child_of(misbehaving)
    threading.Timer(0.2, os.kill, (first, signal.SIGKILL)).start()
    assert reason(do(misbehaving, "sleep")) == "TOO_EXPENSIVE"
    assert isinstance(do(misbehaving, "hello"), Inquiry)


def test_a_child_that_never_starts_is_not_the_messages_fault() -> None:
    with Sandbox("tests.adapters.no_such_module") as box, pytest.raises(SandboxUnavailable):
        do(box, "hello")


def test_an_interrupted_read_leaves_no_half_answer(misbehaving: Sandbox) -> None:
    """As a task's soft time limit does: an exception out of a signal handler."""

    def interrupt(*_: object) -> None:
        raise InterruptedError("soft time limit")

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        with pytest.raises(InterruptedError):
            do(misbehaving, "sleep")
    finally:
        signal.signal(signal.SIGUSR1, before)
    answer = do(misbehaving, "hello")
    assert isinstance(answer, Inquiry)
    assert answer.text.startswith("hello")


def test_threads_take_turns_and_get_their_own_answers(misbehaving: Sandbox) -> None:
    words = [f"word{n}" for n in range(60)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda word: do(misbehaving, word), words))
    assert [a.text.split()[0] for a in answers if isinstance(a, Inquiry)] == words


def test_a_child_started_by_a_thread_that_ended_costs_no_message(sandbox: Sandbox) -> None:
    """PR_SET_PDEATHSIG kills the child with the thread that started it, not with the process (prctl(2))."""
    raw = mail("eins")
    with ThreadPoolExecutor(1) as pool:
        expected = pool.submit(sandbox.read, "MAIL", "", raw).result()
    assert sandbox.read("MAIL", "", raw) == expected


def test_a_forked_process_starts_a_child_of_its_own(sandbox: Sandbox) -> None:
    raw = mail("eins")
    expected = sandbox.read("MAIL", "", raw)
    mine = child_of(sandbox)
    sandbox._lock.acquire()  # as another thread of the parent may hold it at the fork
    pid = os.fork()
    if pid == 0:
        ok = sandbox.read("MAIL", "", raw) == expected and child_of(sandbox) != mine
        sandbox.close()
        os._exit(0 if ok else 1)
    sandbox._lock.release()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert sandbox.read("MAIL", "", raw) == expected
    assert child_of(sandbox) == mine


def test_a_child_dies_with_its_parent() -> None:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        box = Sandbox()
        box.read("MAIL", "", mail("eins"))
        os.write(writing, str(child_of(box)).encode())
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    orphan = int(os.read(reading, 20))
    os.close(reading)
    os.close(writing)
    deadline = time.monotonic() + 3
    while _runs(orphan) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(orphan)


def test_a_child_is_replaced_after_many_messages(misbehaving: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_module, "MESSAGES_PER_CHILD", 2)
    answers = [do(misbehaving, "hello") for _ in range(4)]
    assert len({a.text for a in answers if isinstance(a, Inquiry)}) >= 2


def test_a_closed_sandbox_leaves_no_process_and_may_be_used_again() -> None:
    box = Sandbox()
    box.read("MAIL", "", mail("eins"))
    child = child_of(box)
    box.close()
    assert not _runs(child)
    assert isinstance(box.read("MAIL", "", mail("eins")), Inquiry)
    box.close()


def test_40_mb_are_read_within_the_memory_and_one_byte_more_is_refused(sandbox: Sandbox) -> None:
    start = mail("Hallo", Content_Type="multipart/mixed; boundary=q").replace(b"Hallo", b"--q\n\nHallo\n--q\n")
    start += b"Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n"
    size = 40 * 1024 * 1024
    raw = (start + (b"QUJD" * 19 + b"\n") * (size // 77))[:size].ljust(size, b"x")
    answer = sandbox.read("MAIL", "", raw)
    assert isinstance(answer, Inquiry)
    assert (answer.text, answer.attachments) == ("Hallo", ("a.pdf",))
    assert reason(sandbox.read("MAIL", "", raw + b"x")) == "TOO_LARGE"


def test_a_warm_child_answers_a_small_mail_at_once(sandbox: Sandbox) -> None:
    """Measured at 0.4 ms; the bound leaves room for a busy machine."""
    raw = mail("Hallo")
    sandbox.read("MAIL", "", raw)
    begun = time.perf_counter()
    for _ in range(100):
        sandbox.read("MAIL", "", raw)
    assert (time.perf_counter() - begun) / 100 < 0.02


def _runs(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
