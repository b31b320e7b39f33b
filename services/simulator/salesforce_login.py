"""The pages that sign a client in: the OAuth token page and the SOAP login of older clients."""

import re
from html import escape, unescape
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from simulator.oauth_form import token_form
from simulator.salesforce_api import SalesforceApi, json
from simulator.salesforce_audit import ADMIN, USER
from simulator.salesforce_auth import ORG_ID, OAuthError
from simulator.salesforce_ids import record_id

_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope'
    ' xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"'
    ' xmlns:sf="urn:fault.partner.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    "<soapenv:Body>{}</soapenv:Body></soapenv:Envelope>"
)


class LoginPages:
    """`/services/oauth2/…` and `/services/Soap/…`."""

    def __init__(self, api: SalesforceApi) -> None:
        self._api = api
        self._user = record_id(USER, ADMIN)

    async def token(self, request: Request) -> Response:
        """A token for a grant; the answer tells no lifetime."""
        form = await token_form(request) | dict(request.query_params)
        self._api.sessions.rotate = self._api.site.faults.on("rotate-tokens")
        try:
            granted = self._api.sessions.grant(form)
        except OAuthError as error:
            return json({"error": error.error, "error_description": error.description}, 400)
        url = str(request.base_url).rstrip("/")
        more = {
            "instance_url": url,
            "id": f"{url}/id/{ORG_ID}/{self._user}",
            "token_type": "Bearer",
            "issued_at": str(self._api.site.world.now * 1000),
            "signature": "c2ltdWxhdGVkIHNpZ25hdHVyZQ==",
            "scope": "refresh_token api",
        }
        return json({**granted, **more})

    async def user(self, request: Request) -> Response:
        """Who is signed in."""
        del request
        names = {"user_id": self._user, "organization_id": ORG_ID}
        return json({**names, "preferred_username": self._api.credentials.username, "active": True})

    async def revoke(self, request: Request) -> Response:
        """End a session."""
        form = dict(parse_qsl((await request.body()).decode())) | dict(request.query_params)
        self._api.sessions.end(form.get("token", ""))
        return Response()

    async def soap(self, request: Request) -> Response:
        """The `login` call; any other is refused."""
        text = (await request.body()).decode()
        username, password = (_element(text, name) for name in ("username", "password"))
        try:
            self._api.sessions.check_user(username, password)
        except OAuthError:
            code = "INVALID_LOGIN"
            told = f"{code}: Invalid username, password, security token; or user locked out."
            fault = f"<faultcode>sf:{code}</faultcode><faultstring>{told}</faultstring><detail><sf:LoginFault>"
            fault += f"<sf:exceptionCode>{code}</sf:exceptionCode><sf:exceptionMessage>{told}</sf:exceptionMessage>"
            body = f"<soapenv:Fault>{fault}</sf:LoginFault></detail></soapenv:Fault>"
            return Response(_ENVELOPE.format(body), 500, media_type="text/xml")
        return Response(_ENVELOPE.format(self._granted(request)), media_type="text/xml")

    def _granted(self, request: Request) -> str:
        version = request.path_params["version"]
        server = escape(f"{str(request.base_url).rstrip('/')}/services/Soap/u/{version}/{ORG_ID[:15]}")
        parts = {
            "passwordExpired": "false",
            "sandbox": "false",
            "serverUrl": server,
            "sessionId": self._api.sessions.begin(),
            "userId": self._user,
            "userInfo": f"<organizationId>{ORG_ID}</organizationId><sessionSecondsValid>7200</sessionSecondsValid>",
        }
        inner = "".join(f"<{name}>{value}</{name}>" for name, value in parts.items())
        return f"<loginResponse><result>{inner}</result></loginResponse>"


def _element(text: str, name: str) -> str:
    found = re.search(rf"<(?:\w+:)?{name}>(.*?)</(?:\w+:)?{name}>", text, re.DOTALL)
    return unescape(found[1]) if found else ""
