"""One HTTP call to Pinterest, under one deadline, that always tells whether anything had left this machine.

requests and urllib3 know two clocks, one for connecting and one for each `recv`; a server that sends a byte
a second outlives both. Here every socket operation (look-up aside, which the system does) is given what is
left of one deadline, and the moment the first byte of the request is written is noted. That answers the one
question that matters after a failure: was nothing made (Unavailable), or may it have been (OutcomeUnknown)?

Nothing is retried, no redirect followed, no cookie kept: connections are shared by all accounts.
"""

from __future__ import annotations

import io
import ipaddress
import logging
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from http.client import HTTPException, HTTPResponse
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from accounts import dates
from accounts.pinterest.errors import NoConnection, OutcomeUnknown, PinterestError, Unavailable
from accounts.pinterest.types.reading import storable
from accounts.pinterest.upload_form import UploadForm

DEADLINE: Final = 20.0  # seconds for one whole call, look-up to last byte; a claim's lease is longer
CONNECTIONS: Final = 64  # kept open an address: as many as a worker has threads
LONGEST_IDLE: Final = 15.0  # seconds; an older connection may be closing at the other end just now
LARGEST_ANSWER: Final = 16 * 1024 * 1024  # bytes; 250 Pins are about one million
PIECE: Final = 16 * 1024  # bytes read between two looks at the clock
PIECE_OUT: Final = 256 * 1024  # bytes written; the socket's own timeout holds for all of a piece
# What goes wrong with lines and servers.
EXPECTED: Final = (requests.RequestException, HTTPError, HTTPException, OSError, ValueError)
SOCKS: Final = (
    "PinSched does not go through a SOCKS proxy: of a call that is lost there nobody could tell whether it "
    "had left. Use an HTTP proxy in HTTPS_PROXY, or none."
)
Params = Mapping[str, str | Sequence[str]]

logger = logging.getLogger(__name__)

USER_AGENT: Final = "PinSched (+self-hosted)"


@dataclass(slots=True)
class _Call:
    """What the sockets beneath need to know of the call that this thread is making."""

    ends: float
    sent: bool = False

    def left(self) -> float:
        """Seconds left. Raises when there are none: nothing is begun after the deadline."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("The deadline of this call is over.")
        return left


_current: ContextVar[_Call] = ContextVar("pinterest_call")


@dataclass(frozen=True, slots=True)
class Moment:
    """When an answer was given by the server's clock, in whole seconds, and when its call began by our
    monotonic clock."""

    date: datetime
    began: float


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete response. Header names are matched in any case. `moment`: if its Date can be read."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    ms: int
    moment: Moment | None = None

    @property
    def request_id(self) -> str:
        """What Pinterest's support asks for."""
        return storable(self.headers.get("x-pinterest-rid", ""))


def send(
    session: requests.Session,
    method: str,
    url: str,
    *,
    auth: AuthBase,
    params: Params | None = None,
    json: bytes | None = None,
    form: Mapping[str, str] | UploadForm | None = None,
    deadline: float = DEADLINE,
) -> Answer:
    """The answer to one call. Without one: Unavailable, or for a write that had left, OutcomeUnknown.

    A list among `params` is repeated (`a=1&a=2`). `json` is a body as `body.encode` makes it. A Mapping goes
    out as a plain form, an UploadForm as one with a file, piece by piece.
    """
    began = time.monotonic()
    call = _Call(ends=began + deadline)
    token = _current.set(call)
    try:
        with session.request(
            method,
            url,
            auth=auth,
            params=params,
            data=form if json is None else json,
            headers=_content_type(json, form),
            timeout=deadline,
            allow_redirects=False,
            stream=True,
        ) as response:
            body = _read(response, call)
    except PinterestError:  # a proxy that is refused
        raise
    except Exception as error:
        # Three libraries have read a stranger's bytes: whatever they stumble over, only this is asked.
        if not isinstance(error, EXPECTED):
            logger.exception("pinterest.answer_unreadable")
        raise _lost(error, sent=call.sent, is_write=method != "GET") from error
    finally:
        _current.reset(token)
    ms = round((time.monotonic() - began) * 1000)
    date = dates.read(response.headers.get("date", ""))
    moment = Moment(date, began) if date else None
    return Answer(response.status_code, response.headers, body, ms, moment)


def connect_ahead(session: requests.Session, url: str, *, deadline: float = DEADLINE) -> Callable[[], None]:
    """Connect to where a call will go before its time: shaking hands may take as long as a call may be late.

    The connection is kept for the call until what this answers is called, just before it. Never raises: what
    is wrong the call itself will meet. Through a proxy nothing is done ahead.
    """
    token = _current.set(_Call(ends=time.monotonic() + deadline))
    try:
        pool = _pool(session, url)
        if pool.proxy is not None:
            return _nothing
        connection: Any = pool._get_conn()
        try:
            if connection.sock is None:
                connection.connect()
                connection.used_at = time.monotonic()
        except (HTTPError, HTTPException, OSError, ValueError):
            connection.close()
        return lambda: pool._put_conn(connection)
    except (requests.RequestException, HTTPError, ValueError, PinterestError):
        return _nothing
    finally:
        _current.reset(token)


def _pool(session: requests.Session, url: str) -> Any:
    """The one that requests will take for a call to this address."""
    request = session.prepare_request(requests.Request("GET", url))
    chosen = session.merge_environment_settings(request.url, {}, True, None, None)
    adapter: Any = session.get_adapter(url)
    return adapter.get_connection_with_tls_context(
        request, verify=chosen["verify"], proxies=chosen["proxies"], cert=chosen["cert"]
    )


def _nothing() -> None:
    pass


def _content_type(json: bytes | None, form: object) -> dict[str, str]:
    if json is not None:
        return {"Content-Type": "application/json"}
    return {"Content-Type": form.content_type} if isinstance(form, UploadForm) else {}


def _read(response: requests.Response, call: _Call) -> bytes:
    """The whole body. Of a refusal (4xx) the status is enough: a body that stops early is left out."""
    body = bytearray()
    try:
        for piece in response.iter_content(PIECE):
            call.left()
            body += piece
            if len(body) > LARGEST_ANSWER:
                raise ValueError("The answer is larger than any answer Pinterest gives.")
    except EXPECTED:
        if not 400 <= response.status_code < 500:
            raise
        body.clear()
    return bytes(body)


def _lost(error: Exception, *, sent: bool, is_write: bool) -> Unavailable | OutcomeUnknown:
    if sent and is_write:
        return OutcomeUnknown(f"The answer was lost after the request had been sent: {_root(error)}.")
    if sent:
        return Unavailable(f"The answer was lost: {_root(error)}.")
    return NoConnection(f"No connection to Pinterest: {_root(error)}.")


def _root(error: BaseException) -> str:
    """What began it, beneath three libraries' wrappings. The wrappings quote addresses; this does not."""
    while error.__context__ is not None:
        error = error.__context__
    words = error.strerror if isinstance(error, OSError) and error.strerror else ""
    return f"{type(error).__name__}, {words}" if words else type(error).__name__


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """None is followed, so none is read: requests would take in a whole body to prepare the next call."""


@lru_cache(maxsize=16)
def shared_session(api_url: str) -> requests.Session:
    """The one session of an address: its connections are reused by every account and every thread."""
    session = _Session()
    session.headers["User-Agent"] = USER_AGENT
    session.headers["Accept"] = "application/json"
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.trust_env = _may_be_proxied(api_url)
    adapter = _Adapter(pool_connections=4, pool_maxsize=CONNECTIONS, max_retries=0)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def socks_proxy(url: str) -> str:
    """The SOCKS proxy that the environment names for calls to this address; empty if there is none."""
    proxies = requests.utils.get_environ_proxies(url) if _may_be_proxied(url) else {}
    chosen = requests.utils.select_proxy(url, proxies) or ""
    return chosen if _is_socks(chosen) else ""


def _is_socks(proxy: str) -> bool:
    return proxy.lower().startswith("socks")


def _may_be_proxied(url: str) -> bool:
    """A proxy from the environment is for the way out, not for a simulator on this machine."""
    return not _is_loopback(urlsplit(url).hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Bearer(AuthBase):
    """Set as `auth`, so that no ~/.netrc and no redirect can put another word in its place."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Anonymous(AuthBase):
    """Sends no word of who is calling. Leaving `auth` out would ask ~/.netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


# Beneath requests: connections that obey the deadline ------------------------------------------------------


class _ClockedReader(io.RawIOBase):
    """What http.client reads all of a response from: each `recv` may take what is left of the deadline."""

    def __init__(self, sock: socket.socket, call: _Call) -> None:
        self._sock = sock
        self._call = call
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._call.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _ClockedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_ClockedReader(sock, _current.get()), PIECE)

    def begin(self) -> None:
        """Cookies are not kept, so none is read: Python's own reader stumbles over some."""
        super().begin()
        del self.headers["Set-Cookie"]


class _Clocked(HTTPConnection):
    """Connects, writes and reads within the deadline, and notes when the request begins to leave."""

    response_class = _ClockedResponse
    used_at: float = 0.0
    _connecting = False

    def _new_conn(self) -> socket.socket:
        """Each address of the host in turn, within one deadline; urllib3 gives each the whole time."""
        call = _current.get()
        failure: OSError = OSError(f"{self.host} has no address.")
        for family, kind, protocol, _, address in socket.getaddrinfo(
            self._dns_host, self.port, 0, socket.SOCK_STREAM
        ):
            sock = socket.socket(family, kind, protocol)
            try:
                for option in self.socket_options or ():
                    sock.setsockopt(*option)
                sock.settimeout(call.left())
                sock.connect(address)
                sock.settimeout(call.left())
            except OSError as error:
                sock.close()
                failure = error
            else:
                return sock
        raise failure

    def connect(self) -> None:
        self._connecting = True
        try:
            super().connect()
        finally:
            self._connecting = False

    def send(self, data: Any) -> None:
        """Raises before the first byte leaves when the deadline has passed: a late write is no write."""
        call = _current.get()
        if self.sock is None:
            self.connect()
        view = memoryview(data).cast("B")
        for start in range(0, len(view), PIECE_OUT):
            self.sock.settimeout(call.left())
            # A CONNECT to a proxy is not the request: nothing has reached Pinterest by it.
            call.sent = call.sent or not self._connecting
            super().send(view[start : start + PIECE_OUT])

    def getresponse(self) -> Any:
        answer = super().getresponse()
        self.used_at = time.monotonic()
        return answer


class _ClockedTls(_Clocked, HTTPSConnection):
    @property
    def is_connected(self) -> bool:
        """urllib3 takes any byte on an idle connection for the other end's farewell. After a handshake of
        TLS 1.3 session tickets wait there, which are read here."""
        if super().is_connected:
            return True
        if self.sock is None:
            return False
        self.sock.settimeout(0)
        try:
            self.sock.recv(1)
        except ssl.SSLWantReadError:
            return True
        except OSError:
            return False
        return False  # it was a farewell, or words that nobody has asked for


class _FreshPool(HTTPConnectionPool):
    """Reuses a connection only while it is young: one that the other end is just closing loses a write."""

    ConnectionCls = _Clocked

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection: Any = super()._get_conn(timeout)
        if connection.sock is not None and time.monotonic() - connection.used_at > LONGEST_IDLE:
            connection.close()
        return connection


class _FreshTlsPool(_FreshPool, HTTPSConnectionPool):
    ConnectionCls = _ClockedTls


_POOLS: Final = {"http": _FreshPool, "https": _FreshTlsPool}


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager: PoolManager
        self.poolmanager.pool_classes_by_scheme = dict(_POOLS)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:
        """Connections through a proxy note as well what has left. Those of SOCKS are of other classes, by
        which a lost write would look unsent: refused, before anything is sent."""
        if _is_socks(proxy):
            raise NoConnection(SOCKS)
        manager: ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = dict(_POOLS)
        return manager
