"""Advice for whoever sits at the window, by code: where the core's own names a command to be typed."""

from __future__ import annotations

from collections.abc import Mapping

_RENUMBER = "renumber it: File, Renumber Site"
_ENROL = "Server, Enrol Agent"

WINDOW_ADVICE: Mapping[str, str] = {
    "unknown-server": "It may have been removed or renamed; see Servers.",
    "unknown-license": "See License Details for what is registered.",
    "unknown-issuer": "See License, Issuers.",
    "unknown-product": (
        "A product is known once a trusted issuer may license it: add it under License, Issuers."
    ),
    "invalid-setting": "Correct it, or leave it as it was.",
    "has-children": "Say where they go, or move them first.",
    "has-nodes": "Say which server takes them, or delete them first.",
    "needs-confirmation": "Look at before and after, then confirm. No node is un-managed by it.",
    "product-not-licensed-by-issuer": "If it may, add the product to {issuer} under License, Issuers.",
    "untrusted-issuer": "If you trust it, add it with its public key file under License, Issuers.",
    "not-a-key": "Choose the issuer's public key file, as it was sent; it ends in .pub or .pem.",
    "not-enrolled": f"Enrol its agent first: {_ENROL}.",
    "needs-yes": "Make a new file only if the agent was lost or is to be set up anew.",
    "confirm-renumber": "Numbers that are skipped are never used.",
    "is-suspended": "Resume it first.",
    "not-a-broker": "To send through a broker, set the transport under File, Site Settings.",
    "no-broker-ca": (
        "Have the broker's files written first, by the command broker-config. Where the broker has a"
        " certificate of its own, put that of its authority into {file}."
    ),
    "damaged-broker-ca": "Put the certificate of the authority that vouches for the broker there, as PEM.",
    "site-exists": "Open the window with another folder.",
    "no-site": "Create one, or open the window with another folder.",
    "damaged-database": "Restore the last backup.",
    "unsupported-database": "Correct site.toml: the site has its own SQLite database.",
    "no-passphrase": "Unlock the key: File, Unlock Site Key.",
    "key-store-unavailable": "Unlock the key store, or type the passphrase.",
    "ROLLBACK": f"If the site was restored from an older copy, {_RENUMBER}.",
    "EQUIVOCATION": f"Two consoles may run on copies of one site; stop one, then {_RENUMBER}.",
    "bad-proof": f"Enrol the server again: {_ENROL}.",
    "agent-not-enrolled": f"Make an enrolment file: {_ENROL}.",
    "waiting-for-enrolment": "Take the enrolment file to the server and run it there.",
    "server-suspended": "Resume it under Servers.",
    "counter-went-back": "Select it under License Distribution, and verify it.",
    "implausible-version": f"If this site is an older copy, {_RENUMBER}; else enrol the server's agent anew.",
    "token-expired": f"Make another: {_ENROL}.",
    "site-rolled-back": f"Restore the newest backup, or {_RENUMBER}.",
}
