"""One function per action of the user; each takes what a dialog returned and acts on the writer thread."""

from licensedesk.ui.operations.events import check_alerts as check_alerts
from licensedesk.ui.operations.issuers import add_issuer as add_issuer
from licensedesk.ui.operations.issuers import remove_issuer as remove_issuer
from licensedesk.ui.operations.licenses import deregister as deregister
from licensedesk.ui.operations.licenses import distribute_licenses as distribute_licenses
from licensedesk.ui.operations.licenses import register_files as register_files
from licensedesk.ui.operations.licenses import set_option as set_option
from licensedesk.ui.operations.servers import add_server as add_server
from licensedesk.ui.operations.servers import enrol_agent as enrol_agent
from licensedesk.ui.operations.servers import move_server as move_server
from licensedesk.ui.operations.servers import remove_server as remove_server
from licensedesk.ui.operations.servers import rename_server as rename_server
from licensedesk.ui.operations.servers import suspend_server as suspend_server
from licensedesk.ui.operations.settings import set_setting as set_setting
from licensedesk.ui.operations.site import back_up as back_up
from licensedesk.ui.operations.site import create_sample as create_sample
from licensedesk.ui.operations.site import create_site as create_site
from licensedesk.ui.operations.site import restore as restore
from licensedesk.ui.operations.site_key import change_passphrase as change_passphrase
from licensedesk.ui.operations.site_key import unlock as unlock
from licensedesk.ui.operations.site_key import unlock_silently as unlock_silently
