"""The OAuth dance with Pinterest on allauth's machinery: it keeps the state, we keep the tokens.

allauth would sign people in with Pinterest; here a signed-in person connects an account to a workspace. So
the provider is in no registry, and the callback makes no SocialAccount or SocialToken: it calls
connect.finish. The state is held in the session and names the workspace and the person that began; both are
checked again.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Client
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider
from allauth.socialaccount.providers.oauth2.views import OAuth2Adapter, OAuth2CallbackView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts import clock, connect, second_factor
from accounts.enqueue import start_sync
from accounts.middleware import WORKSPACE_KEY
from accounts.models import Membership, PinterestAccount, Role
from accounts.pinterest import errors, oauth
from accounts.pinterest.types import TokenGrant

logger = logging.getLogger(__name__)

PATIENCE: Final = 10.0  # seconds for each of the two calls; somebody is looking at an empty page

SIGNED_OUT: Final = "You were signed out meanwhile. Sign in, then connect the account again."
CANCELLED: Final = "Permission was not given, so no account was connected."
STALE: Final = "This connection was begun too long ago, or in another browser. Begin again."
NO_LONGER: Final = "You may no longer connect accounts to that workspace. Ask its owner or an admin."
BAD_APP: Final = (
    "Pinterest does not accept the app’s credentials. Check PINTEREST_APP_ID and PINTEREST_APP_SECRET."
)
BAD_CODE: Final = "Pinterest did not accept its own answer: it is used up or too old. Begin again."
NO_ANSWER: Final = "Pinterest did not answer, so no account was connected. Begin again."
BAD_REQUEST: Final = (
    "Pinterest turned the request down ({code}). Check that your Pinterest app lists this callback URL "
    "and has the permissions that PinSched asks for."
)


class Refused(Exception):
    """The dance ended without an account; the words are for the person."""


class Client(OAuth2Client):  # type: ignore[misc]  # allauth has no types
    """Builds the consent address. Tokens are fetched by accounts.pinterest, which has a deadline."""

    def get_redirect_url(self, authorization_url: str, scope: list[str], extra_params: dict[str, str]) -> str:
        return oauth.authorize_url(
            oauth_url=authorization_url,
            client_id=self.consumer_key,
            redirect_uri=self.callback_url,
            state=self.state,
            scopes=scope,
        )


class Adapter(OAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    provider_id = "pinterest"
    client_class = Client
    scope_delimiter = ","

    @property
    def authorize_url(self) -> str:
        return str(settings.PINTEREST_OAUTH_URL)

    @property
    def access_token_url(self) -> str:
        return f"{settings.PINTEREST_API_URL}/oauth/token"

    def get_provider(self) -> Provider:
        app = SocialApp(
            provider=self.provider_id,
            client_id=settings.PINTEREST_APP_ID,
            secret=settings.PINTEREST_APP_SECRET,
        )
        return Provider(self.request, app=app)

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return connect.callback_url()

    def get_access_token_data(
        self, request: HttpRequest, app: SocialApp, client: Client, pkce_code_verifier: str | None = None
    ) -> TokenGrant:
        return oauth.exchange_code(
            request.GET["code"],
            api_url=settings.PINTEREST_API_URL,
            client_id=client.consumer_key,
            client_secret=client.consumer_secret,
            redirect_uri=client.callback_url,
            deadline=PATIENCE,
        )


class Provider(OAuth2Provider):  # type: ignore[misc]  # allauth has no types
    id = "pinterest"
    name = "Pinterest"
    oauth2_adapter_class = Adapter

    def get_scope(self) -> list[str]:
        return list(oauth.SCOPES)


def begin(request: Any) -> HttpResponse:
    """To Pinterest's consent page, with a state that names this workspace and this person."""
    begun_by = {"workspace": request.workspace.pk, "user": request.user.pk}
    answer: HttpResponse = (
        Adapter(request).get_provider().redirect(request, process=AuthProcess.CONNECT, data=begun_by)
    )
    return answer


class CallbackView(OAuth2CallbackView):  # type: ignore[misc]  # allauth has no types
    """Back from Pinterest. Always answers with a redirect; what went wrong is a message on that page."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            messages.error(request, SIGNED_OUT)
            return redirect_to_login(reverse("accounts:connect"))
        try:
            account = self._account(request)
        except Refused as no:
            messages.error(request, str(no))
            return redirect("accounts:connect")
        messages.success(request, f"@{account.username} is connected. Its boards are being read.")
        request.session[WORKSPACE_KEY] = account.workspace_id
        start_sync(account, now=clock.now())
        return redirect(account)

    def _account(self, request: HttpRequest) -> PinterestAccount:
        provider = self.adapter.get_provider()
        membership = self._membership(request, provider)
        if request.GET.get("error") == self.adapter.login_cancelled_error:
            raise Refused(CANCELLED)
        if "error" in request.GET or not request.GET.get("code"):
            code = request.GET.get("error", "it sent no code")[:40]
            raise Refused(BAD_REQUEST.format(code=code))
        try:
            client = self.adapter.get_client(request, provider.app)
            grant = self.adapter.get_access_token_data(request, provider.app, client)
            return connect.finish(
                membership.workspace, membership.user, grant, now=clock.now(), deadline=PATIENCE
            )
        except connect.WorkspaceGone as gone:
            raise Refused(NO_LONGER) from gone
        except errors.PinterestError as no:
            logger.warning("account.connect_failed", extra={"why": str(no)})
            raise Refused(_words(no)) from no

    def _membership(self, request: HttpRequest, provider: Provider) -> Membership:
        """Of the person who began, in the workspace they began in, with the role it takes, as of now."""
        state = statekit.unstash_state(
            request, provider_id=provider.sub_id, state_id=request.GET.get("state", "")
        )
        begun = state["data"] if state else None
        if not begun or begun["user"] != request.user.pk:
            raise Refused(STALE)
        membership = (
            Membership.objects.filter(user=request.user.pk, workspace=begun["workspace"])
            .select_related("workspace", "user")
            .first()
        )
        if membership is None or not membership.may(Role.ADMIN):
            raise Refused(NO_LONGER)
        if second_factor.keeps_out(membership.workspace, membership.user):
            raise Refused(NO_LONGER)
        return membership


def _words(no: errors.PinterestError) -> str:
    if isinstance(no, errors.AuthExpired):
        return BAD_APP
    if isinstance(no, errors.Refused):
        return BAD_CODE
    if isinstance(no, errors.RateLimited):
        return no.plain + " Begin again in a few minutes."
    return NO_ANSWER


callback = CallbackView.adapter_view(Adapter)
