-- Contacts: one row per person at a customer.
create table contacts (
    contact_key varchar,                -- The source and its id. #key
    first_name varchar,                 -- First name. #pii
    middle_name varchar,                -- Middle name. #pii
    last_name varchar,                  -- Last name; may be missing. #pii
    name varchar,                       -- The full name. #pii
    salutation varchar,                 -- Ms, Mr, Dr.
    login varchar,                      -- Login at the source. #pii
    title varchar,                      -- What they do.
    department varchar,                 -- Department.
    company_key varchar,                -- Where they work: companies.company_key.
    company_name varchar,               -- That company's name as the contact has it.
    site varchar,                       -- Site or location.
    company_location varchar,           -- The provider's location that serves them.
    manager_contact_key varchar,        -- Whom they report to: contacts.contact_key.
    email varchar,                      -- Main e-mail, in small letters. #pii
    emails varchar[],                   -- Every e-mail. #pii
    phone varchar,                      -- Main phone, digits and a leading + only. #pii
    mobile varchar,                     -- Mobile phone, in the same form. #pii
    fax varchar,                        -- Fax, in the same form. #pii
    phones varchar[],                   -- Every phone. #pii
    default_phone_type varchar,         -- Which phone is the main one.
    street varchar,                     -- Street. #pii
    city varchar,                       -- City.
    state varchar,                      -- State or region.
    zip varchar,                        -- Postal code.
    country varchar,                    -- Country.
    other_address varchar,              -- Another address, in one line. #pii
    is_active boolean,                  -- Whether they are still there.
    is_default boolean,                 -- Whether they are the company's first contact.
    is_billing_default boolean,         -- Whether they get the invoices.
    is_married boolean,                 -- As the source has it. #pii
    has_children boolean,               -- As the source has it. #pii
    portal_disabled boolean,            -- Whether they may not use the portal.
    is_locked_out boolean,              -- Whether their login is locked.
    is_vip boolean,                     -- Whether they go first.
    is_service_account boolean,         -- Whether it is a program, not a person.
    is_unsubscribed boolean,            -- Whether they want no mail.
    do_not_call boolean,                -- Whether they want no calls.
    email_bounced boolean,              -- Whether mail to them comes back.
    email_bounced_at timestamptz,       -- When a mail to them came back.
    email_bounced_reason varchar,       -- Why.
    birth_date date,                    -- Birthday. #pii
    employee_number varchar,            -- Employee number.
    contact_types varchar,              -- Types as the source has them.
    roles varchar,                      -- Roles at the source.
    origin varchar,                     -- How they were found.
    time_zone varchar,                  -- Time zone.
    language varchar,                   -- Language.
    last_login_at timestamptz,          -- When they logged in last.
    owner_id varchar,                   -- Who looks after them, by id at the source.
    merged_into_key varchar,            -- The contact they were merged into: contacts.contact_key.
    created_at_source timestamptz,      -- When they were entered.
    created_by varchar,                 -- Who entered them.
    updated_by varchar,                 -- Who changed them last.
    custom_fields varchar               -- Fields of the tenant's own and fields with no column here, as JSON.
);
