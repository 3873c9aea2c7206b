"""Certificates for servers on loopback, each from an authority of its own that nobody else trusts."""

import ssl
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """Files in PEM; clients are given `authority`."""

    authority: Path
    chain: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain, self.key)
        return context


def certify(folder: Path, *hosts: str) -> Certificate:
    """A certificate for these hosts, and the authority behind it, written into the folder."""
    import trustme

    authority = trustme.CA()
    issued = authority.issue_cert(*hosts)
    certificate = Certificate(authority=folder / "ca.pem", chain=folder / "cert.pem", key=folder / "key.pem")
    authority.cert_pem.write_to_path(certificate.authority)
    issued.cert_chain_pems[0].write_to_path(certificate.chain)
    issued.private_key_pem.write_to_path(certificate.key)
    return certificate
