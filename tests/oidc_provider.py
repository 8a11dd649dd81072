"""A small OpenID provider: whoever asks is logged in at once as `who`; no password, no consent."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, CLIENT_SECRET = "lab", "a secret that the lab and the provider share"


class Provider:
    """Runs in a thread until it is closed.

    who: the user as whom the next one logs in. seconds: how long that login is to hold.
    """

    def __init__(self) -> None:
        self.who, self.seconds = "alice", 3600.0
        self.key = RSAKey.generate_key(2048, {"kid": "test", "use": "sig", "alg": "RS256"})
        self.codes: dict[str, dict[str, str]] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://localhost:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def metadata_url(self) -> str:
        """What `server_metadata_url` of secrets.toml is to hold."""
        return f"{self.url}/.well-known/openid-configuration"

    def metadata(self) -> dict[str, object]:
        """The discovery document."""
        places = {"authorization_endpoint": "authorize", "token_endpoint": "token",
                  "jwks_uri": "jwks"}  # fmt: skip
        return {
            "issuer": self.url,
            **{name: f"{self.url}/{path}" for name, path in places.items()},
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def keys(self) -> dict[str, object]:
        """The public keys."""
        return {"keys": [self.key.as_dict(private=False)]}

    def consent(self, asked: dict[str, str]) -> str:
        """Where a browser that asked to log in is sent."""
        code = secrets.token_urlsafe()
        self.codes[code] = {**asked, "who": self.who}
        query = {"code": code, "state": asked["state"]}
        return f"{asked['redirect_uri']}?{urlencode(query)}"

    def token(self, asked: dict[str, str], client: str) -> dict[str, object] | None:
        """What a code is worth, once; None for a stranger, a used code or a wrong verifier."""
        grant = self.codes.pop(asked.get("code", ""), None)
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        trusted = client == f"{CLIENT}:{CLIENT_SECRET}"
        if grant is None or not trusted or grant.get("code_challenge") != challenge:
            return None
        now = time.time()
        claims = {"iss": self.url, "sub": grant["who"], "aud": CLIENT, "iat": int(now),
                  "exp": int(now + self.seconds), "name": grant["who"].title()}  # fmt: skip
        if "nonce" in grant:
            claims["nonce"] = grant["nonce"]
        signed = jwt.encode({"alg": "RS256", "kid": "test"}, claims, self.key)
        return {"access_token": "unused", "token_type": "Bearer", "id_token": signed}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                url = urlsplit(self.path)
                if url.path == "/authorize":
                    asked = {k: v[0] for k, v in parse_qs(url.query).items()}
                    self.send_response(302)
                    self.send_header("Location", provider.consent(asked))
                    self.end_headers()
                elif url.path == "/jwks":
                    self.answer(provider.keys())
                else:
                    self.answer(provider.metadata())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                asked = {k: v[0] for k, v in parse_qs(body).items()}
                _, _, basic = self.headers.get("Authorization", "").partition(" ")
                given = provider.token(asked, base64.b64decode(basic).decode())
                self.answer(given or {"error": "invalid_grant"}, 200 if given else 400)

            def answer(self, values: dict[str, object], code: int = 200) -> None:
                content = json.dumps(values).encode()
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
