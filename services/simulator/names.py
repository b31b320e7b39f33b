"""Words the world is made of."""

FIRST = ("Ann", "Ben", "Carla", "Dev", "Eva", "Finn", "Grace", "Hugo", "Ines", "Jon", "Kira", "Leo", "Noor", "Quinn")
LAST = ("Poe", "Quist", "Rhee", "Sato", "Tran", "Ueda", "Vogt", "Wolfe", "Xu", "Young", "Zeller", "O'Neil", "Núñez")
TITLES = ("Office Manager", "Owner", "Accountant", "Receptionist", "IT Lead", "Nurse", "Partner", "Site Manager")

COMPANY_FIRST = ("Acme", "Bayside", "Cobalt", "Delta", "Evergreen", "Fairway", "Granite", "Harbor", "Juniper", "Lumen")
COMPANY_SECOND = ("Dental", "Law", "Logistics", "Builders", "Clinic", "Foods", "Realty", "Schools", "Motors", "Media")
COMPANY_LAST = ("LLC", "Inc.", "Group", "& Sons", "Partners", "GmbH")
STREETS = ("Main St", "Oak Ave", "Harbor Rd", "5th Ave", "Mill Ln")
CITIES = (
    ("Tampa", "FL", "33601"),
    ("Hudson", "FL", "34667"),
    ("Austin", "TX", "73301"),
    ("Denver", "CO", "80014"),
    ("Portland", "OR", "97035"),
    ("Albany", "NY", "12084"),
)

BOARDS = ("Help Desk", "Network Operations", "Projects", "Onboarding", "Security")
STATUSES = (
    "New",
    "Assigned",
    "In Progress",
    "Waiting on Client",
    "Waiting on Vendor",
    "Scheduled",
    "Pending RMA",
    "Resolved",
    ">Closed",
    ">Cancelled",
)
CLOSED = (">Closed", ">Cancelled")
PRIORITIES = (
    "Priority 1 - Emergency Response",
    "Priority 2 - Quick Response",
    "Priority 3 - Normal Response",
    "Priority 4 - Scheduled Maintenance",
    "Do Not Respond",
)
TYPES = ("Break-fix", "Service Request", "Network", "Security", "User Administration", "Hardware", "Printing")
SOURCES = ("Phone", "Email Connector", "Portal", "Monitoring")
WORK_TYPES = ("Regular", "After Hours", "Travel", "Emergency")
COMPANY_STATUSES = ("Active", "Not Approved", "Inactive", "Credit Hold")
COMPANY_TYPES = ("Client", "Prospect", "Vendor", "Former Client", "Owner")
MARKETS = ("Manufacturing", "Legal", "Education", "Healthcare", "Retail")

TOPICS = ("VPN", "Outlook", "Printer", "Server", "Laptop", "Wi-Fi", "Backup", "Teams", "Firewall", "QuickBooks", "MFA")
TROUBLES = (
    "drops hourly",
    "does not start",
    "is slow for everyone",
    "asks for a password again and again",
    'shows "access denied"',
    "needs an update",
    "fails after restart",
    "for a new employee",
    "alert: threshold exceeded",
    "- résumé d'appel, à vérifier",
    "100% full",
)
NOTES = (
    "Checked the logs, restarted the service, user confirmed.",
    "Called the client; left a voicemail.",
    "Replaced the cable and tested.\nWorks now.",
    "Remote session, cleared the profile, rebuilt it.",
    "Vendor case opened, waiting for an answer.",
    'Documented the steps under "How we fix it".',
)
