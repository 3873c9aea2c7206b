"""Who may come in: tokens, and the endpoints that CI systems, Entra and managed identities get them from."""

import secrets
import threading
import uuid
from collections.abc import Mapping
from urllib.parse import parse_qs

from tests.servers import azurite
from tests.servers.azureml import answers
from tests.servers.azureml.answers import Object  # noqa: TC001 - as the modules beside it
from tests.servers.messages import Request, Response

GITHUB = "/_github/token"
PIPELINES = "/_pipelines/oidctoken"
MANAGED_IDENTITY = "/_msi/token"
EXCHANGE = "api://AzureADTokenExchange"

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_PUBLIC_ARM = "https://management.azure.com"


class Identity:
    """One tenant with one application, which has a secret and trusts both CI systems."""

    def __init__(self) -> None:
        self.tenant = str(uuid.uuid4())
        self.client_id = str(uuid.uuid4())
        self.client_secret = secrets.token_urlsafe(30)
        self.service_connection_id = str(uuid.uuid4())
        self.request_token = secrets.token_urlsafe(30)
        """What a job shows to its CI system in exchange for an assertion."""
        self._tokens: dict[str, str] = {}
        self._assertions: set[str] = set()
        self._lock = threading.Lock()

    def issue(self, audience: str = _PUBLIC_ARM) -> str:
        """A token for the audience, as Azurite would take it too."""
        token = azurite.token(audience=audience)
        with self._lock:
            self._tokens[token] = audience
        return token

    def expire(self) -> None:
        """No token that was issued so far is good any more."""
        with self._lock:
            self._tokens.clear()

    def turned_away(self, request: Request, url: str) -> Response | None:
        """The 401 for a request without a token for Resource Manager, public or at `url`."""
        scheme, _, token = request.header("Authorization").partition(" ")
        audience = self._tokens.get(token) if scheme.lower() == "bearer" else None
        if audience is not None and audience.rstrip("/") in {_PUBLIC_ARM, url}:
            return None
        code, message = (
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing.",
        )
        if token:
            code, message = "InvalidAuthenticationToken", "The access token is invalid or has expired."
        login = f'authorization_uri="{url}/{self.tenant}", error="invalid_token"'
        challenge = f'Bearer {login}, error_description="{message}"'
        return answers.error(401, code, message, (("WWW-Authenticate", challenge),))

    def github_environment(self, url: str) -> Mapping[str, str]:
        """The variables of a GitHub job that may ask for an assertion, and of the application it is for."""
        return {
            **self._application(url),
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{url}{GITHUB}?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": self.request_token,
        }

    def pipelines_environment(self, url: str) -> Mapping[str, str]:
        """The variables of an Azure Pipelines job with a service connection."""
        return {
            "AZURE_AUTHORITY_HOST": url,
            "SYSTEM_OIDCREQUESTURI": f"{url}{PIPELINES}",
            "SYSTEM_ACCESSTOKEN": self.request_token,
            "AZURESUBSCRIPTION_TENANT_ID": self.tenant,
            "AZURESUBSCRIPTION_CLIENT_ID": self.client_id,
            "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": self.service_connection_id,
        }

    def secret_environment(self, url: str) -> Mapping[str, str]:
        """The variables of a service principal with a secret."""
        return {**self._application(url), "AZURE_CLIENT_SECRET": self.client_secret}

    def managed_environment(self, url: str) -> Mapping[str, str]:
        """The variables of an App Service, or whatever else offers its identity in that way."""
        return {"IDENTITY_ENDPOINT": f"{url}{MANAGED_IDENTITY}", "IDENTITY_HEADER": self.request_token}

    def answer(self, request: Request, url: str) -> Response | None:  # noqa: PLR0911 - one for each request
        """The answer to a request about signing in; None when it is about something else."""
        match (request.method, request.path):
            case ("GET", "/_github/token"):
                return self._github(request)
            case ("POST", "/_pipelines/oidctoken"):
                return self._pipelines(request)
            case ("GET", "/_msi/token"):
                return self._managed(request)
            case ("GET", "/common/discovery/instance"):
                return self._instance(url)
            case ("GET", path) if path.endswith("/v2.0/.well-known/openid-configuration"):
                return self._configuration(path.split("/")[1], url)
            case ("POST", path) if path.endswith("/oauth2/v2.0/token"):
                return self._token(path.split("/")[1], request)
            case _:
                return None

    def _application(self, url: str) -> Mapping[str, str]:
        return {
            "AZURE_AUTHORITY_HOST": url,
            "AZURE_TENANT_ID": self.tenant,
            "AZURE_CLIENT_ID": self.client_id,
        }

    def _assertion(self) -> str:
        assertion = azurite.token(audience=EXCHANGE)
        self._assertions.add(assertion)
        return assertion

    def _github(self, request: Request) -> Response:
        if request.header("Authorization") != f"Bearer {self.request_token}":
            return answers.data({"message": "Can't issue ID_TOKEN for the job"}, 401)
        if request.query.get("audience") != EXCHANGE:
            return answers.data({"value": azurite.token(audience=request.query.get("audience", "github"))})
        return answers.data({"value": self._assertion()})

    def _pipelines(self, request: Request) -> Response:
        if request.header("Authorization") != f"Bearer {self.request_token}":
            return Response(status=401)
        if request.query.get("serviceConnectionId") != self.service_connection_id:
            return answers.data({"message": "The service connection does not exist."}, 404)
        return answers.data({"oidcToken": self._assertion()})

    def _managed(self, request: Request) -> Response:
        if request.header("X-IDENTITY-HEADER") != self.request_token:
            return answers.data({"statusCode": 401, "message": "Unauthorized"}, 401)
        resource = request.query.get("resource", "")
        token: Object = {
            "access_token": self.issue(resource),
            "expires_on": "4102444800",
            "resource": resource,
            "token_type": "Bearer",
        }
        return answers.data(token)

    def _instance(self, url: str) -> Response:
        endpoint = f"{url}/{self.tenant}/v2.0/.well-known/openid-configuration"
        return answers.data({"tenant_discovery_endpoint": endpoint, "api-version": "1.1", "metadata": []})

    def _configuration(self, tenant: str, url: str) -> Response:
        root = f"{url}/{tenant}"
        return answers.data(
            {
                "issuer": f"{root}/v2.0",
                "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
                "token_endpoint": f"{root}/oauth2/v2.0/token",
                "jwks_uri": f"{root}/discovery/v2.0/keys",
                "tenant_region_scope": None,
            }
        )

    def _token(self, tenant: str, request: Request) -> Response:
        form = {key: values[-1] for key, values in parse_qs(request.body.decode()).items()}
        if tenant != self.tenant:
            return _denied("invalid_request", f"AADSTS90002: Tenant '{tenant}' not found.")
        if form.get("client_id") != self.client_id:
            return _denied(
                "unauthorized_client", "AADSTS700016: The application was not found in the directory."
            )
        if form.get("client_assertion") in self._assertions:
            if form.get("client_assertion_type") != _ASSERTION_TYPE:
                return _denied("invalid_request", "AADSTS90014: client_assertion_type is missing.")
        elif form.get("client_secret") != self.client_secret:
            message = "AADSTS70021: No matching federated identity record found for presented assertion."
            if "client_secret" in form:
                message = "AADSTS7000215: Invalid client secret provided."
            return _denied("invalid_client", message)
        scope = next((word for word in form.get("scope", "").split() if word.endswith("/.default")), "")
        if not scope:
            return _denied("invalid_scope", "AADSTS1002012: The provided value for scope is not valid.")
        token = self.issue(scope.removesuffix("/.default"))
        return answers.data(
            {"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token}
        )


def _denied(code: str, message: str) -> Response:
    body: Object = {
        "error": code,
        "error_description": message,
        "error_codes": [],
        "correlation_id": uuid.uuid4().hex,
    }
    return answers.data(body, 401 if code == "invalid_client" else 400)
