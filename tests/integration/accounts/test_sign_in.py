"""How often a password may be tried, who is locked out by it, when a session ends, and what the log says."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.middleware import SIGNED_IN_FOR
from accounts.models import User, Workspace
from pinsched.logs import JsonFormatter, PlainFormatter
from tests.integration.accounts.test_second_factor import code_for, fresh, switch_on

pytestmark = pytest.mark.django_db

PASSWORD: Final = "correct-horse-battery"
NEW: Final = "another-horse-battery"
LOCKED: Final = "Too many failed login attempts. Try again later."
GUESSER: Final = "203.0.113.7"
HOME: Final = "198.51.100.20"


@pytest.fixture(autouse=True)
def _no_limits_left_over() -> None:
    cache.clear()


def attempt(email: str, password: str, address: str = HOME, **headers: str) -> Any:
    return Client(REMOTE_ADDR=address, headers=headers).post(
        "/accounts/login/", {"login": email, "password": password}
    )


def guess(email: str, times: int, address: str = GUESSER) -> list[bool]:
    """Whether each wrong password was still looked at."""
    return [LOCKED not in attempt(email, f"wrong-{n}-password", address).text for n in range(times)]


def test_the_sixth_wrong_password_is_not_looked_at(alice: User, workspace: Workspace) -> None:
    assert guess(alice.email, 7) == [True] * 5 + [False] * 2
    assert LOCKED in attempt(alice.email, PASSWORD, GUESSER).text


def test_a_guesser_locks_out_himself_and_not_the_person(alice: User, workspace: Workspace) -> None:
    guess(alice.email, 30)
    assert attempt(alice.email, PASSWORD, HOME).status_code == 302


def test_guesses_from_many_addresses_end_too_and_a_mail_lets_the_person_in(
    alice: User, workspace: Workspace
) -> None:
    for block in range(20):
        assert all(guess(alice.email, 5, f"203.0.113.{block}"))
    assert guess(alice.email, 1, "203.0.113.99") == [False]
    assert LOCKED in attempt(alice.email, PASSWORD, HOME).text

    browser = Client(REMOTE_ADDR=HOME)
    browser.post("/accounts/password/reset/", {"email": alice.email})
    found = re.search(r"http://\S+/accounts/password/reset/key/\S+", str(mail.outbox[-1].body))
    assert found is not None
    form = browser.get(found[0].removeprefix("http://localhost:8000"), follow=True)
    done = browser.post(form.request["PATH_INFO"], {"password1": NEW, "password2": NEW})
    assert done.status_code == 302
    assert attempt(alice.email, NEW, HOME).status_code == 302


def test_one_address_has_ten_wrong_tries_a_minute_whomever_it_tries(
    alice: User, bob: User, vera: User
) -> None:
    tried = guess(alice.email, 4) + guess(bob.email, 4) + guess(vera.email, 4)
    assert tried == [True] * 10 + [False] * 2


def test_behind_a_proxy_the_clients_address_counts(alice: User, workspace: Workspace, settings: Any) -> None:
    """As TRUSTED_PROXY sets it: the last address in the header is the proxy's word."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    proxy = "10.0.0.1"
    for n in range(6):
        forged = f"192.0.2.{n}, {GUESSER}"
        attempt(alice.email, f"wrong-{n}-password", proxy, **{"X-Forwarded-For": forged})
    assert LOCKED in attempt(alice.email, PASSWORD, proxy, **{"X-Forwarded-For": GUESSER}).text
    assert attempt(alice.email, PASSWORD, proxy, **{"X-Forwarded-For": HOME}).status_code == 302


def test_without_a_proxy_its_header_is_nobodys_word(alice: User, workspace: Workspace) -> None:
    for n in range(5):
        attempt(alice.email, f"wrong-{n}-password", GUESSER, **{"X-Forwarded-For": f"192.0.2.{n}"})
    assert LOCKED in attempt(alice.email, PASSWORD, GUESSER, **{"X-Forwarded-For": "192.0.2.77"}).text


def test_the_right_password_costs_no_try(alice: User, workspace: Workspace) -> None:
    for _ in range(8):
        assert attempt(alice.email, PASSWORD).status_code == 302


def test_the_apps_code_is_guessed_five_times_at_most(
    alice: User, workspace: Workspace, client_of: Callable[[User], Client]
) -> None:
    secret = switch_on(fresh(client_of, alice))
    browser = Client(REMOTE_ADDR=HOME)
    browser.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    for _ in range(5):
        assert LOCKED not in browser.post("/accounts/two-factor/authenticate/", {"code": "000000"}).text
    with time_machine.travel(time.time() + 31, tick=True):  # the code of the setup is used up
        answer = browser.post("/accounts/two-factor/authenticate/", {"code": code_for(secret)})
        assert LOCKED in answer.text
        assert browser.get("/profile/").status_code == 302


def test_the_admin_desk_has_no_sign_in_of_its_own(alice: User, workspace: Workspace) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
    browser = Client()
    given = {"username": alice.email, "password": PASSWORD, "next": "/admin/"}
    answer = browser.post("/admin/login/", given)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")
    assert browser.get("/admin/").status_code == 302


def test_a_session_gets_a_new_key_at_sign_in_and_at_a_new_password(alice: User, workspace: Workspace) -> None:
    here, elsewhere = Client(), Client()
    here.get("/invitations/nothing/")
    here.session["planted"] = True
    here.session.save()
    planted = here.session.session_key
    for browser in (here, elsewhere):
        browser.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    signed_in = here.session.session_key
    assert signed_in != planted
    assert not Session.objects.filter(pk=planted).exists()

    changed = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    answer = here.post("/accounts/password/change/", changed)
    assert answer.status_code == 302
    assert here.session.session_key != signed_in
    assert here.get("/profile/").status_code == 200
    assert elsewhere.get("/profile/").status_code == 302


def test_a_session_ends_after_ninety_days_however_much_it_is_used(
    alice: User, workspace: Workspace, client_of: Callable[[User], Client]
) -> None:
    browser, begun = client_of(alice), time.time()
    for day in range(0, 90, 15):
        with time_machine.travel(begun + day * 86_400, tick=True):
            assert browser.get("/profile/").status_code == 200
    with time_machine.travel(begun + SIGNED_IN_FOR + 60, tick=True):
        assert browser.get("/profile/").status_code == 302
    assert not Session.objects.exists()


def test_a_session_that_is_not_used_ends_after_thirty_days(
    alice: User, workspace: Workspace, client_of: Callable[[User], Client]
) -> None:
    browser = client_of(alice)
    assert browser.get("/profile/").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=True):
        assert browser.get("/profile/").status_code == 302


def test_someone_who_is_switched_off_is_out_at_once(
    alice: User, workspace: Workspace, client_of: Callable[[User], Client]
) -> None:
    browser = client_of(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert browser.get("/profile/").status_code == 302


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short-9ch", "at least 10 characters"),
        ("basketball", "too common"),
        ("newcomer@example.com", "too similar to the e"),
        ("Pinterest2026!", "little more than what PinSched is for"),
        ("pinsched-password-1", "little more than what PinSched is for"),
    ],
)
def test_a_weak_password_is_refused(password: str, words: str) -> None:
    answer = Client().post("/accounts/signup/", {"email": "newcomer@example.com", "password1": password})
    assert words in answer.text
    assert not User.objects.exists()


def test_a_long_password_of_any_letters_is_taken_whole(alice: User, workspace: Workspace) -> None:
    long = "så lång som en mening får vara, med 🌲 och allt " * 3
    alice.set_password(long)
    alice.save()
    assert attempt(alice.email, long[:-1]).status_code == 200
    assert attempt(alice.email, long).status_code == 302


# The log -----------------------------------------------------------------------------------------------


def test_the_log_tells_who_came_in_who_did_not_and_from_where(
    alice: User, workspace: Workspace, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    attempt(alice.email, "wrong-1-password", GUESSER)
    attempt("nobody@example.com", "wrong-1-password", GUESSER)
    attempt(alice.email, PASSWORD, HOME)
    told = [
        (line["event"], line["user"], line["address"])
        for line in lines()
        if line["event"].startswith("sign_in.")
    ]
    assert told == [
        ("sign_in.refused", alice.pk, GUESSER),
        ("sign_in.refused", None, GUESSER),
        ("sign_in.done", alice.pk, HOME),
    ]


def test_no_log_line_shows_what_opens_a_door(
    alice: User,
    workspace: Workspace,
    client_of: Callable[[User], Client],
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    browser = client_of(alice)
    token = re.search(r"ps_[\w-]{40,}", browser.post("/settings/tokens/", {"name": "Script"}).text)
    assert token is not None
    Client().get("/api/v1/pins", headers={"Authorization": f"Bearer {token[0]}"})
    Client().get("/api/v1/pins", headers={"Authorization": "Bearer ps_made-up-by-somebody"})
    attempt(alice.email, "a-wrong-secret-word", GUESSER)
    browser.post("/settings/members/", {"email": "guest@example.com", "role": "editor"})
    Client().post("/accounts/password/reset/", {"email": alice.email})
    links = re.findall(r"http://localhost:8000(\S+)", "\n".join(str(sent.body) for sent in mail.outbox))
    keys = [link.rstrip("/").rpartition("/")[2] for link in links if len(link) > 40]
    assert len(keys) == 2
    for link in links:
        Client().get(link)

    written = json.dumps(lines())
    assert '"request.done"' in written
    cookies = [morsel.value for morsel in browser.cookies.values()]
    for secret in (token[0], "ps_made-up", "a-wrong-secret-word", PASSWORD, *keys, *cookies):
        assert secret not in written


def test_nobody_writes_a_log_line_of_their_own() -> None:
    record = logging.makeLogRecord(
        {"msg": "request.done", "levelname": "INFO", "path": "/a\n12:00 info all.well\x1b[2J\u2028/b"}
    )
    for formatter in (PlainFormatter(), JsonFormatter()):
        written = formatter.format(record)
        assert written.isprintable(), written
        assert "all.well" in written
