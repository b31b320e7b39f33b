-- Time entries: one row per piece of work that somebody wrote down.
-- Actual, billable and billed hours are kept apart: they are not the same number.
create table time_entries (
    time_entry_key varchar,             -- The source and its id. #key
    entry_type varchar,                 -- The source's own class: TimeEntry, task_time_worked, time_card, Task, Event.
    ticket_key varchar,                 -- The ticket it was worked on: tickets.ticket_key.
    charge_to_type varchar,             -- What it is charged to: ServiceTicket, ProjectTicket, ChargeCode, Activity.
    charge_to_id varchar,               -- That thing's id at the source.
    ticket_title varchar,               -- The ticket's title as the entry has it.
    title varchar,                      -- One line that says what was done, where the source has one.
    project varchar,                    -- The project's name.
    phase varchar,                      -- The project phase's name.
    company_key varchar,                -- The company it was done for: companies.company_key.
    company_name varchar,               -- That company's name as the entry has it.
    contact_key varchar,                -- The contact it was done for: contacts.contact_key.
    member_id varchar,                  -- Who worked, by id at the source.
    member_login varchar,               -- Their login.
    member_name varchar,                -- Their name.
    work_type varchar,                  -- Regular, after hours, travel, or the source's category.
    work_role varchar,                  -- The role that it was done in.
    agreement_id varchar,               -- The agreement it is covered by, by id.
    agreement varchar,                  -- That agreement's name.
    location_id varchar,                -- The provider's location, by id.
    business_unit_id varchar,           -- The provider's business unit, by id.
    started_at timestamptz,             -- When the work began.
    ended_at timestamptz,               -- When the work ended.
    work_date date,                     -- The day of the work, where the source has no more.
    is_all_day boolean,                 -- Whether it took the whole day, so that its hours say little.
    hours_actual double,                -- Hours worked.
    hours_deducted double,              -- Hours taken off (breaks).
    hours_billable double,              -- Hours that may be billed: actual less deducted where the entry is billable, else 0.
    hours_billed double,                -- Hours billed so far.
    hours_invoiced double,              -- Hours as they stand on the invoice.
    hours_agreement double,             -- Hours that the agreement covers.
    billable_option varchar,            -- As the source has it: Billable, DoNotBill, NoCharge, NoDefault.
    is_billable boolean,                -- Whether it may be billed.
    hourly_rate decimal(18,4),          -- The rate per hour.
    hourly_cost decimal(18,4),          -- What an hour costs the provider.
    amount_agreement decimal(18,4),     -- The amount that the agreement covers.
    invoice_id varchar,                 -- The invoice, by id.
    invoice varchar,                    -- The invoice's number.
    status varchar,                     -- Where it stands, in one set for all sources. #not_null #set{open,submitted,approved,rejected,billed,other}
    status_raw varchar,                 -- As the source has it.
    is_closed boolean,                  -- Whether the source counts it as done.
    is_archived boolean,                -- Whether the source has put it away.
    time_sheet_id varchar,              -- The time sheet, by id.
    time_sheet varchar,                 -- The time sheet's name.
    notes varchar,                      -- What was done.
    internal_notes varchar,             -- What the customer does not see.
    in_description boolean,             -- Whether the notes go to the ticket's description.
    in_internal_analysis boolean,       -- Whether the notes go to its internal analysis.
    in_resolution boolean,              -- Whether the notes go to its resolution.
    email_resource boolean,             -- Whether the resource gets an e-mail.
    email_contact boolean,              -- Whether the contact gets an e-mail.
    email_cc boolean,                   -- Whether others get an e-mail.
    created_at_source timestamptz,      -- When it was entered.
    created_by varchar,                 -- Who entered it.
    updated_by varchar,                 -- Who changed it last.
    custom_fields varchar               -- Fields of the tenant's own and fields with no column here, as JSON.
);
