-- Companies: one row per customer, prospect or vendor of every source.
create table companies (
    company_key varchar,                -- The source and its id. #key
    identifier varchar,                 -- The short name or account number that people say.
    name varchar,                       -- Its name.
    status varchar,                     -- In one set for all sources. #not_null #set{active,inactive,prospect,on_hold,other}
    status_raw varchar,                 -- As the source has it.
    company_types varchar[],            -- What it is to the provider, in one set: client, prospect, vendor, former_client, partner, owner, other.
    types_raw varchar,                  -- Its types as the source has them.
    is_client boolean,                  -- Whether client is among its types.
    is_vendor boolean,                  -- Whether it sells to the provider.
    vendor_type varchar,                -- What it sells, as the source has it.
    is_lead boolean,                    -- Whether it is only a lead.
    parent_company_key varchar,         -- The company it belongs to: companies.company_key.
    bill_to_company_key varchar,        -- The company that pays: companies.company_key.
    address_line1 varchar,              -- Street.
    address_line2 varchar,              -- Street, second line.
    city varchar,                       -- City.
    state varchar,                      -- State or region.
    zip varchar,                        -- Postal code.
    country varchar,                    -- Country.
    latitude double,                    -- Where it is, degrees north.
    longitude double,                   -- Where it is, degrees east.
    shipping_address varchar,           -- Another address, in one line.
    phone varchar,                      -- Phone, digits and a leading + only.
    fax varchar,                        -- Fax, digits and a leading + only.
    website varchar,                    -- Web address.
    territory varchar,                  -- Territory.
    market varchar,                     -- Market or industry.
    industry_code varchar,              -- Standard industrial classification.
    site varchar,                       -- Main site.
    time_zone varchar,                  -- Its time zone's name.
    default_contact_key varchar,        -- Whom to call: contacts.contact_key.
    owner_id varchar,                   -- Who looks after it, by id at the source.
    account_number varchar,             -- Its number in the books.
    tax_code varchar,                   -- Tax code.
    billing_terms varchar,              -- When it pays.
    invoice_delivery varchar,           -- How it gets invoices.
    ownership varchar,                  -- Public, private.
    rating varchar,                     -- Rating as the source has it.
    stock_symbol varchar,               -- Ticker symbol.
    annual_revenue decimal(18,4),       -- Revenue in a year.
    profits decimal(18,4),              -- Profits in a year.
    market_cap decimal(18,4),           -- Market value.
    employees bigint,                   -- How many work there.
    acquired_at timestamptz,            -- When it became a customer.
    last_activity_on date,              -- When something happened last.
    is_unsubscribed boolean,            -- Whether it wants no mail.
    description varchar,                -- Notes.
    origin varchar,                     -- How it was found.
    merged_into_key varchar,            -- The company it was merged into: companies.company_key.
    created_at_source timestamptz,      -- When it was entered.
    created_by varchar,                 -- Who entered it.
    updated_by varchar,                 -- Who changed it last.
    custom_fields varchar               -- Fields of the tenant's own and fields with no column here, as JSON.
);
