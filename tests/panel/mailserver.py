"""A real mail server for the tests: aiosmtpd, with STARTTLS or TLS from the first byte, and a password.

mailserver.py CERTIFICATE KEY HOW [WORD …]
HOW is starttls, tls or clear. WORDs change it: busy (450), no (554), password, port=N.
Prints its port, then each message as one line of JSON.
"""

import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Take:
    def __init__(self, words):
        self.words = words

    async def handle_DATA(self, server, session, envelope):
        if "busy" in self.words:
            return "450 4.2.0 not now, panel@union.example"
        if "no" in self.words:
            return "554 5.7.1 refused, panel@union.example"
        print(json.dumps({
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "text": envelope.content.decode("utf-8"),
            "tls": session.ssl is not None,
            "login": session.auth_data.login.decode() if session.auth_data else None,
        }), flush=True)
        return "250 2.0.0 taken"


def sign_in(server, session, envelope, mechanism, data):
    return AuthResult(success=data.password == b"correct horse", handled=False, auth_data=data)


async def main(certificate, key, how, *words):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    port = next((int(w.split("=")[1]) for w in words if w.startswith("port=")), 0)

    def session():
        return SMTP(
            Take(words),
            hostname="mail.union.example",
            tls_context=context if how == "starttls" else None,
            require_starttls=how == "starttls",
            authenticator=sign_in,
            auth_require_tls=how == "starttls",
            auth_required="password" in words,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(session, "127.0.0.1", port, ssl=context if how == "tls" else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main(*sys.argv[1:]))
