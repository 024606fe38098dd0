"""The English of every code: one sentence with the figures, and the advice that goes with it.

A placeholder takes a named figure. `{n:license/licenses}` is a number with its noun; numbers get
thousands separators, but for `{n:#}`, a number that names something; lists are joined by commas.
Another language is another table of the same keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from licensedesk.core.templates import filled

_MAXIMUM = "999,999,999"

SENTENCES: Mapping[str, tuple[str, str]] = {
    # -- things that are not there -----------------------------------------------------------------
    "unknown-server": ("There is no server {server}.", "See `licensedesk server list` for the servers."),
    "unknown-license": (
        "No license {serial} of {issuer} is registered.",
        "See `licensedesk license list` for what is registered.",
    ),
    "unknown-issuer": ("There is no issuer {issuer}.", "See `licensedesk issuer list` for the issuers."),
    "unknown-product": (
        "There is no product {product}.",
        "A product is known once a trusted issuer may license it: add it with `licensedesk issuer add`.",
    ),
    "unknown-node": ("There is no node {node:#}.", "It may have been deleted; read the list again."),
    # -- names and values --------------------------------------------------------------------------
    "name-taken": ("The name {name} is taken.", "Choose another name, or rename the one that has it."),
    "key-taken": (
        "The key {key_id} is that of the issuer {issuer}.",
        "Use that name, or the key of the other issuer.",
    ),
    "invalid-name": (
        "{name} cannot be used as a name: {reason}.",
        "Use letters, digits, dots and hyphens, at most 255 characters.",
    ),
    "invalid-quantity": (
        "{quantity} is not a quantity of licenses.",
        f"Give a whole number from 0 to {_MAXIMUM}.",
    ),
    "invalid-date": ("{date} is not a day that can be used here: {reason}.", "Give a day as 2026-11-21."),
    "invalid-setting": ("{key} cannot be set to {value}: {reason}.", "See `licensedesk site show`."),
    "invalid-address": (
        "{address} is no IP or MAC address.",
        "Correct it in the file, or leave the field empty.",
    ),
    "invalid-row": (
        "The row has {found:field/fields}, the header {expected}.",
        "Correct it in the file, then import it again; the other rows are not held up by it.",
    ),
    "invalid-state": (
        "{state} is no state of a node.",
        "Use discovered, managed or excluded, or leave the field empty.",
    ),
    # -- the tree ----------------------------------------------------------------------------------
    "cycle": (
        "{server} cannot be placed under {parent}, which stands below it.",
        "Choose a server outside the subtree of {server}.",
    ),
    "too-deep": (
        "{server} would stand at level {level}; management servers have at most {limit:level/levels}.",
        "Place it under a server nearer to the primary.",
    ),
    "too-many-relays": (
        "{parent} already has {count:relay/relays}, of at most {limit}.",
        "Place it under another management server.",
    ),
    "path-too-long": (
        "The host names below the primary down to {server} take {length:byte/bytes}, of at most {limit}.",
        "Use shorter host names, or place it nearer to the primary.",
    ),
    "is-primary": (
        "{server} is the primary management server: it cannot be moved, removed, suspended, enrolled or given"
        " an option.",
        "The primary holds all licenses of the site; change the relays instead.",
    ),
    "not-a-relay": (
        "{server} is not a management relay server; its role is {role}.",
        "Choose a relay.",
    ),
    "not-a-management-server": (
        "{server} is a managed server; nothing can be placed below it or found by it.",
        "Choose the primary or a relay.",
    ),
    "has-children": (
        "{server} has {count:server/servers} below it.",
        "Say where they go (--children-to), or move them first.",
    ),
    "has-licenses": (
        "{server} has {count:registered license/registered licenses}.",
        "Deregister them first; their records stay.",
    ),
    "has-nodes": (
        "{server} is the managing source of {count:node/nodes}.",
        "Say which server takes them (--nodes-to), or delete them first.",
    ),
    "option-conflict": (
        "{server} has the option {option}; this needs {needed}.",
        "Set its license holding option first.",
    ),
    # -- licenses ----------------------------------------------------------------------------------
    "needs-confirmation": (
        "This leaves {count:range/ranges} shorter of licenses than now: {ranges}.",
        "Look at before and after; go on with --yes. No node is un-managed by it.",
    ),
    "exceeds-undistributed": (
        "{requested:license/licenses} of {product} cannot be distributed: at most {maximum} can,"
        " while {total} are registered and valid on the primary.",
        "Distribute less, take some back from another relay, or register more licenses.",
    ),
    "changed-meanwhile": (
        "{server} has {now:license/licenses} of {product} by now, no longer {was}.",
        "See what was changed, and distribute again.",
    ),
    "no-license-remaining": (
        "{requested:node/nodes} cannot be managed: the range of {source} has"
        " {remaining:license/licenses} of {product} left.",
        "Distribute or register more licenses, or manage as many as fit.",
    ),
    "not-authorised-to-register": (
        "No license can be registered on {server}: its option is {option}.",
        "Register on the primary, or set the relay's option to License registration.",
    ),
    "duplicate-license": (
        "License {serial} of {issuer} is registered already: on {server}, at {registered_at}.",
        "One license key is registered once; deregister it there to register it elsewhere.",
    ),
    "conflicting-license": (
        "Another license with the serial {serial} of {issuer} is known, with other content.",
        "Ask {issuer} which of the two files is right; the serial is used twice.",
    ),
    "expired": ("License {serial} expired on {valid_until}.", "Ask {issuer} for a new license key."),
    "product-not-licensed-by-issuer": (
        "{issuer} is not trusted to license {product}.",
        "If it may, add the product to the issuer: `licensedesk issuer add {issuer} KEY --product ...`.",
    ),
    "untrusted-issuer": (
        "The license key file comes from {issuer}, which is not trusted here.",
        "If you trust it, add it: `licensedesk issuer add NAME PUBLIC-KEY-FILE --product P`.",
    ),
    "document-too-large": (
        "License.xml of the range of {source} would take {size:byte/bytes}, of at most {limit}.",
        "Register fewer, larger licenses on one server.",
    ),
    # -- files and messages ------------------------------------------------------------------------
    "not-a-license-key": (
        "{file} is not a license key file: {reason}.",
        "Choose the *.lic file as the issuer sent it.",
    ),
    "malformed": ("{file} cannot be read: {reason}.", "Get the file again, as it was sent."),
    "not-an-envelope": ("{file} is no signed document: {reason}.", "Get the file again, as it was sent."),
    "untrusted-key": (
        "{file} is signed with the key {key_id}, which is not trusted here.",
        "Get the file again from where it should come from.",
    ),
    "wrong-type": (
        "{file} is signed as {found}, where {expected} is wanted.",
        "Choose the file that belongs here.",
    ),
    "bad-signature": (
        "{file} was changed after it was signed, or is not signed by {signer}.",
        "Get the file again from its issuer.",
    ),
    "too-large": (
        "{file} has {size:byte/bytes}; at most {limit} are read.",
        "This is not the right kind of file, or it was damaged.",
    ),
    "bad-encoding": ("{file} is not UTF-8 text: {reason}.", "Get the file again, unconverted."),
    "doctype-forbidden": (
        "{file} has a document type or entity declaration, which is not read here.",
        "Get the file again from where it was made; a genuine one has none.",
    ),
    "schema": ("{file} does not have the form of a {kind}: {reason}.", "Get the file again from its issuer."),
    "unreadable-file": ("{file} cannot be read: {reason}.", "Check the path and the right to read it."),
    "unknown-format": (
        "{file} has none of the known formats: {reason}.",
        "Import nmap XML (-oX), GLPI or OCS/FusionInventory inventories, or CSV whose first line names its"
        " columns: host_name, ip, macs, os, inventory_id, product, state; one of the first two is needed.",
    ),
    "truncated-file": (
        "{file} is not whole: {reason}. Nothing was imported.",
        "Wait until it is written, or export it again.",
    ),
    "file-exists": ("{path} exists already.", "Choose another place; it is never overwritten."),
    "not-a-key": ("{file} is no {kind} in PEM form.", "Make a key pair with `licensedesk issue key`."),
    # -- who may ------------------------------------------------------------------------------------
    "out-of-scope": (
        "The local server {local} may not do this: {subject} is outside what it sees.",
        "Open the console at the primary management server.",
    ),
    "not-enrolled": ("{server} is not enrolled.", "Enrol its agent first: `licensedesk server enrol`."),
    "needs-yes": (
        "{server} is invited or enrolled already; a new enrolment file voids the one before it, and the key"
        " of its agent.",
        "Go on with --yes if the agent was lost or is to be set up anew.",
    ),
    "confirm-renumber": (
        "The version of the site, now {version}, skips {skip}, and every server is sent its document again.",
        "Go on with --yes; numbers that are skipped are never used.",
    ),
    "is-suspended": ("{server} is suspended already.", "Resume it with `licensedesk server resume`."),
    "not-a-broker": (
        "The site's transport is {transport}, which needs no broker.",
        "To send through a broker: `licensedesk site set transport mqtt:HOST:8883`.",
    ),
    "damaged-broker-ca": (
        "{path} holds no certificate in PEM form.",
        "Write it anew with `licensedesk broker-config`, or put the certificate of the broker's authority"
        " there.",
    ),
    "no-broker-ca": (
        "Nobody has said yet which authority vouches for the broker of {transport}: with an enrolment file"
        " made now no agent could connect.",
        "Write the broker's files first: `licensedesk broker-config --out DIR`. Where the broker has a"
        " certificate of its own, put that of its authority into {file}.",
    ),
    "renamed-meanwhile": (
        "{was} was renamed to {server} meanwhile.",
        "Nothing was overwritten; rename it again if it is to have another name.",
    ),
    "not-suspended": ("{server} is not suspended.", "There is nothing to resume."),
    # -- surroundings -------------------------------------------------------------------------------
    "site-exists": ("There is a site in {path} already.", "Choose another folder with --site."),
    "no-site": ("There is no site in {path}.", "Create one with `licensedesk init`, or give --site."),
    "newer-database": (
        "The database of this site was made by a newer LicenseDesk ({found}).",
        "Install the newer LicenseDesk, or restore a backup made by this one.",
    ),
    "damaged-database": (
        "The database {path} is damaged or is no LicenseDesk database: {reason}.",
        "Restore the last backup: `licensedesk restore FILE`.",
    ),
    "damaged-site-file": (
        "{path} is damaged: {reason}.",
        'Leave in it only the line database = "site.db"; the database itself is not concerned.',
    ),
    "database-locked": (
        "Another program holds the database for longer than {seconds:second/seconds}.",
        "Wait for it to end, then try again.",
    ),
    "unsupported-database": (
        "The database {url} is not supported by this version.",
        "Leave --database out: the site then has its own SQLite database.",
    ),
    "disk-full": ("There is no room to write {path}.", "Free some space, then try again."),
    "unwritable": ("{path} cannot be read or written: {reason}.", "Check the rights on it and the disk."),
    "transport-unavailable": (
        "The transport {transport} does not answer: {reason}.",
        "Check the folder or the broker, then try again; nothing is lost.",
    ),
    "wrong-passphrase": (
        "The passphrase does not open the site's key.",
        "Try again with the right one; if it is the right one, the key is damaged: restore a backup of it.",
    ),
    "no-passphrase": (
        "This needs the passphrase of the site's key.",
        "Give --passphrase-file, or set LICENSEDESK_PASSPHRASE_FILE.",
    ),
    "passphrases-differ": (
        "The two passphrases are not the same.",
        "Type the same one twice; nothing was made.",
    ),
    "key-store-unavailable": (
        "The key store of this system does not answer: {reason}.",
        "Unlock it, or give the passphrase with --passphrase-file.",
    ),
    "no-site-key": (
        "The site's signing key {path} is not there.",
        "Restore a backup that holds it; without it nothing can be signed.",
    ),
    "damaged-site-key": (
        "The site's signing key {path} is damaged, or cannot be read.",
        "Check the rights on it; if it is damaged, restore a backup that holds it.",
    ),
    "not-a-backup": ("{file} is not a whole LicenseDesk backup: {reason}.", "Choose another backup."),
    "console-busy": (
        "Another console distributes now: {holder}.",
        "Wait until it has ended, or close it.",
    ),
    "agent-failed": (
        "The agent in {path} could not be enrolled: {reason}.",
        "Look at the folder and its rights, then try again.",
    ),
    "demo-stuck": (
        "The demo waited {seconds:second/seconds} in vain for {what}.",
        "The agents' logs stand in {folder}; keep them with --dir DIR.",
    ),
    "no-display": (
        "There is no display to open the desktop on.",
        "Use a command instead: see `licensedesk --help`.",
    ),
    "not-started": (
        "{program} could not be started, so {site} was not opened.",
        "Check that LicenseDesk is still installed as it was when this window was opened.",
    ),
    "needs-extra": (
        "This needs the extra `{extra}`, which is not installed.",
        "Install it: pip install 'licensedesk[{extra}]'.",
    ),
    # -- what an agent reports ----------------------------------------------------------------------
    "TOO-LARGE": (
        "{server} refused the message, as too large: {detail}",
        "Retry; if it stays, look at the broker or folder.",
    ),
    "MALFORMED": (
        "{server} could not read the message: {detail}",
        "Retry; if it stays, look at the broker or folder.",
    ),
    "UNTRUSTED": (
        "{server} refused the message, as not signed by this site: {detail}",
        "If the site's key was replaced, enrol the server again; else find out who wrote the message.",
    ),
    "WRONG-TYPE": (
        "{server} refused a message that is none for an agent: {detail}",
        "Find out who put it there.",
    ),
    "WRONG-DEPLOYMENT": (
        "{server} refused a message of another site: {detail}",
        "Two sites must not share a folder or topic.",
    ),
    "WRONG-SERVER": (
        "{server} refused a message for another server: {detail}",
        "Check the folder its agent was given.",
    ),
    "ROLLBACK": (
        "{server} refused an older message than it has: {detail}",
        "If the site was restored from an older copy, renumber it: `licensedesk site renumber`.",
    ),
    "EQUIVOCATION": (
        "{server} was given two messages of one version that differ: {detail}",
        "Two consoles may run on copies of one site; stop one, then `licensedesk site renumber`.",
    ),
    "EXPIRED": (
        "{server} refused an expired message: {detail}",
        "It is signed anew; check the server's clock.",
    ),
    "DIGEST": ("{server} refused a message whose content is not what it says: {detail}", "Retry."),
    "SCHEMA": ("{server} could not read License.xml: {detail}", "Update the agent on the server."),
    "STORE-FAILED": (
        "{server} could not store License.xml: {detail}",
        "Look at the server's disk and rights, then retry.",
    ),
    "APPLY-FAILED": (
        "{server} has License.xml, but could not apply it: {detail}",
        "Look at the apply command there, then retry.",
    ),
    "DRIFT": (
        "License.xml at {server} was not as delivered, and was written anew: {detail}",
        "Find out who changes it.",
    ),
    "CLOCK-AHEAD": (
        "{server} was sent a message from more than a day ahead of its clock: {detail}",
        "Set the clock of the server, or of the console.",
    ),
    # -- the agent ----------------------------------------------------------------------------------
    "bad-proof": (
        "{file} does not prove that it comes from the enrolment of {server}.",
        "Enrol the server again: `licensedesk server enrol`.",
    ),
    "no-enrolment": (
        "No server is enrolled in {path}.",
        "Make an enrolment file at the console, then: licensedesk-agent --install-dir {path} enrol FILE.",
    ),
    "damaged-enrolment": (
        "What the agent keeps in {path} cannot be read: {reason}.",
        "Enrol the server again; License.xml stays as it is.",
    ),
    "agent-running": (
        "Another agent works in {path}: {holder}.",
        "It does all this by itself; stop it first to do it by hand.",
    ),
    "invalid-agent-settings": ("{path} cannot be used: {reason}.", "Correct it, then start the agent again."),
    "unknown-event": ("There is no event {event}.", "Read the list again."),
    # -- why a server is not current -----------------------------------------------------------------
    "never-sent": ("{server} was not sent a License.xml yet.", "Distribute License.xml now."),
    "newer-document": (
        "{server} holds version {held_version}; version {desired_version} was not sent yet.",
        "Distribute License.xml now.",
    ),
    "range-stopped": (
        "{server} is sent nothing, because registered licenses on {source} no longer verify.",
        "See the events; restore a backup, or register the files of the issuer again.",
    ),
    "waiting-for-report": (
        "{server} was sent version {desired_version} and has not reported yet.",
        "Wait for its agent.",
    ),
    "no-report": (
        "{server} was sent version {desired_version} at {sent_at} and has not reported since.",
        "Check that the server is on, its agent runs, and it reaches the transport.",
    ),
    "agent-away": (
        "{server} was sent version {desired_version}, but its agent was not connected when the broker last"
        " spoke of it, at {online_at}.",
        "Switch the server on, or start its agent; it then finds the message by itself.",
    ),
    "agent-not-enrolled": (
        "{server} has no enrolled agent.",
        "Make an enrolment file: `licensedesk server enrol {server} --out FILE`.",
    ),
    "waiting-for-enrolment": (
        "{server} is invited; its agent has not reported yet.",
        "Run the enrolment file at the server: `licensedesk-agent enrol FILE`.",
    ),
    "server-suspended": (
        "{server} is suspended and is sent nothing.",
        "Resume it: `licensedesk server resume {server}`.",
    ),
    "counter-went-back": (
        "{server} sent a report no newer than one before: it may have been restored from a snapshot.",
        "Verify it: `licensedesk distribute --verify {server}`. If that is no help, set its clock, or enrol"
        " its agent anew.",
    ),
    "implausible-version": (
        "{server} reports a version that this site never made; what it holds is not known.",
        "If this site is an older copy: `licensedesk site renumber`; else enrol the server's agent anew.",
    ),
    "token-expired": (
        "{server} answered its invitation too late: the enrolment file is no longer valid.",
        "Make another: `licensedesk server enrol {server} --out FILE --yes`.",
    ),
    # -- events --------------------------------------------------------------------------------------
    "key-expiring": (
        "License {serial} of {issuer} ({quantity:license/licenses} of {product}, on {server}) ends on"
        " {valid_until}.",
        "Register its successor before that day.",
    ),
    "server-not-current": (
        "{server} does not have the current License.xml ({reason}).",
        "See License Distribution for why.",
    ),
    "message-rejected": (
        "{server} rejected its configuration message ({reason}).",
        "See License Distribution; retry it when the cause is mended.",
    ),
    "drift": (
        "License.xml on {server} was not as it was delivered and has been written anew: {detail}.",
        "Find out who or what changed it there.",
    ),
    "audit-broken": (
        "The audit log is broken at entry {entry:#}.",
        "Keep a copy of the database for the auditor; compare it with the last backup.",
    ),
    "license-damaged": (
        "Registered licenses on {server} no longer verify: {licenses}. Its range is not distributed.",
        "Restore a backup, or deregister them and register the files of the issuer again.",
    ),
    "report-refused": (
        "A report of {server} was not believed ({reason}).",
        "Check who can write to its place on the transport; enrol its agent anew if it was set up anew.",
    ),
    "clock-ahead": (
        "The clock of {server} is more than 24 h behind that of the console, or the console's ahead.",
        "Set both clocks.",
    ),
    "site-rolled-back": (
        "{server} holds a newer message than this site has made: the site seems to be an older copy.",
        "Use `licensedesk site renumber`, or restore the newest backup.",
    ),
    # -- warnings -----------------------------------------------------------------------------------
    "not-yet-valid": ("License {serial} counts from {valid_from}.", "Until then it adds nothing to held."),
    "over-distributed": (
        "The primary has distributed {count:license/licenses} of {product} more than is valid.",
        "Register more licenses, or take some back from the relays.",
    ),
    "range-short": (
        "The range of {source} is short of {shortage:license/licenses} of {product}.",
        "Distribute or register more licenses, or discover nodes that need none.",
    ),
    "not-waiting": ("{host} does not wait for a license: it is {state}.", ""),
    "waiting-no-license": (
        "{host} waits because no license of {product} remains in the range of {source}: {held} held,"
        " {used} used, {waiting:node/nodes} waiting.",
        "Distribute or register more licenses, or free one that is not needed; then manage the node.",
    ),
    "waiting-unasked": (
        "{host} waits because nobody has managed it yet: the range of {source} has"
        " {remaining:license/licenses} of {product} left.",
        "Manage it.",
    ),
    "probable-duplicate": (
        "{host} was also found by {source}; both count if both are managed.",
        "Exclude one of the two.",
    ),
    "backup-without-key": (
        "The backup does not hold the site's key.",
        "After a restore without it every server must be enrolled again.",
    ),
}


def sentence_for(
    code: str, figures: Mapping[str, Any], *, table: Mapping[str, tuple[str, str]] = SENTENCES
) -> str:
    """What is wrong, in one sentence; the bare code where the table does not know it."""
    return filled(table[code][0], figures) if code in table else code


def advice_for(
    code: str, figures: Mapping[str, Any], *, table: Mapping[str, tuple[str, str]] = SENTENCES
) -> str:
    """What to do about it; empty where the table has nothing."""
    return filled(table[code][1], figures) if code in table else ""
