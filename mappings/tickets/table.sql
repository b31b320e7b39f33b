-- Tickets: one row per ticket, incident or case of every source, as it was last seen.
-- One column per line. What stands after -- is shown to analysts; tags become checks:
-- #key (unique), #not_null, #set{...} (only these values), #pii (personal data). #history
create table tickets (
    ticket_key varchar,                 -- The source and its id, such as connectwise:48213. #key
    number varchar,                     -- The number people say: the id in ConnectWise, INC0000046, 00001042.
    record_type varchar,                -- The source's own class: ServiceTicket, incident, Case.
    title varchar,                      -- One line that says what it is about.
    description varchar,                -- The long text, where the source sends it with the ticket.
    status varchar,                     -- Where the work stands, in one set for all sources. #not_null #set{new,in_progress,notified,on_hold,resolved,closed,canceled,reopened,other}
    status_raw varchar,                 -- The status as the source has it.
    is_closed boolean,                  -- Whether the source counts it as closed.
    priority varchar,                   -- How urgent, in one set for all sources. #not_null #set{critical,high,medium,low,other}
    priority_raw varchar,               -- The priority as the source has it.
    ticket_type varchar,                -- What kind of work, in one set for all sources. #not_null #set{incident,request,problem,change,task,other}
    type_raw varchar,                   -- The type as the source has it.
    subtype varchar,                    -- A finer type, or the category below the type.
    item varchar,                       -- The finest type (ConnectWise item, ServiceNow subcategory).
    severity varchar,                   -- Severity as the source has it.
    impact varchar,                     -- Impact as the source has it.
    urgency varchar,                    -- Urgency as the source has it.
    origin varchar,                     -- How it came in: phone, e-mail, portal.
    reason varchar,                     -- Why it was opened (Salesforce reason).
    board varchar,                      -- The board or queue that it stands on.
    team varchar,                       -- The team or assignment group that has it.
    team_id varchar,                    -- That team's id at the source.
    assigned_to varchar,                -- Who has it: a name or login where the source sends one.
    assigned_to_id varchar,             -- That person's id at the source.
    resources varchar,                  -- Everybody assigned, as the source lists them.
    watchers varchar,                   -- Who follows it, ids with commas between.
    company_key varchar,                -- The company it is for: companies.company_key.
    company_name varchar,               -- That company's name as the ticket has it.
    site varchar,                       -- The company's site, or location.
    contact_key varchar,                -- Who asked: contacts.contact_key.
    contact_name varchar,               -- Their name as the ticket has it. #pii
    contact_email varchar,              -- Their e-mail, in small letters. #pii
    contact_phone varchar,              -- Their phone, digits and a leading + only. #pii
    contact_mobile varchar,             -- Their mobile phone, in the same form. #pii
    parent_ticket_key varchar,          -- The ticket it is part of: tickets.ticket_key.
    problem_ticket_key varchar,         -- The problem behind it: tickets.ticket_key.
    change_ticket_key varchar,          -- The change that mends it: tickets.ticket_key.
    caused_by_ticket_key varchar,       -- The change that broke it: tickets.ticket_key.
    merged_into_key varchar,            -- The ticket it was merged into: tickets.ticket_key.
    has_children boolean,               -- Whether other tickets are part of it.
    has_merged_children boolean,        -- Whether other tickets were merged into it.
    service_location varchar,           -- Where the work is done: in-house, on site.
    location varchar,                   -- The provider's own location.
    department varchar,                 -- The provider's own department.
    configuration_item varchar,         -- The asset or configuration item it is about, by id.
    business_service varchar,           -- The service that it touches, by id.
    service_offering varchar,           -- That service as it is offered to the customer, by id.
    agreement_id varchar,               -- The agreement it is done under, by id.
    agreement varchar,                  -- That agreement's name.
    sla varchar,                        -- The service level agreement's name.
    sla_status varchar,                 -- What the source says of it.
    is_in_sla boolean,                  -- Whether it is inside its service level.
    sla_started_at timestamptz,         -- When its service level began.
    sla_due_at timestamptz,             -- When its service level ends.
    is_stopped boolean,                 -- Whether its service level's clock stands still.
    stopped_at timestamptz,             -- Since when it stands still.
    escalation_level bigint,            -- How far it was escalated.
    is_escalated boolean,               -- Whether it was escalated.
    escalation_started_at timestamptz,  -- When the escalation clock started.
    created_at_source timestamptz,      -- When it was entered.
    created_by varchar,                 -- Who entered it.
    opened_by_id varchar,               -- Who opened it, by id at the source.
    updated_by varchar,                 -- Who changed it last.
    opened_at timestamptz,              -- When the work was asked for, where that differs.
    due_at timestamptz,                 -- When it is due.
    responded_at timestamptz,           -- When somebody answered first.
    planned_at timestamptz,             -- When a plan for it was made.
    resolved_at timestamptz,            -- When it was resolved.
    resolved_by varchar,                -- Who resolved it.
    closed_at timestamptz,              -- When it was closed.
    closed_by varchar,                  -- Who closed it.
    close_code varchar,                 -- How it ended, as a code.
    close_notes varchar,                -- How it ended, in words.
    minutes_to_respond bigint,          -- Minutes until somebody answered.
    minutes_to_plan bigint,             -- Minutes until there was a plan.
    minutes_to_resolve bigint,          -- Minutes until it was resolved.
    minutes_to_resolve_business bigint,  -- The same, counted in working hours only.
    minutes_waiting bigint,             -- Minutes that it waited for others.
    hours_actual double,                -- Hours worked on it.
    hours_budget double,                -- Hours planned for it.
    estimated_time_cost decimal(18,4),  -- What the time is expected to cost.
    billing_method varchar,             -- How it is billed.
    sub_billing_method varchar,         -- How its parts are billed.
    bill_time varchar,                  -- Whether time is billed.
    bill_expenses varchar,              -- Whether expenses are billed.
    bill_products varchar,              -- Whether products are billed.
    currency varchar,                   -- The currency of its amounts.
    is_approved boolean,                -- Whether it was approved.
    approval varchar,                   -- Where its approval stands.
    is_change_request boolean,          -- Whether it asks for a change.
    customer_updated boolean,           -- Whether the customer wrote last.
    email_contact boolean,              -- Whether the contact gets e-mails of it.
    visible_in_portal boolean,          -- Whether all of the company see it in the portal.
    is_knowledge boolean,               -- Whether it is to become knowledge.
    reopen_count bigint,                -- How often it was reopened.
    reassignment_count bigint,          -- How often it changed hands.
    modification_count bigint,          -- How often the source changed it.
    child_count bigint,                 -- How many tickets are part of it.
    correlation_id varchar,             -- Its id in a system beside the source.
    tags varchar,                       -- Labels, as the source lists them.
    domain varchar,                     -- The customer's domain, in an instance that several customers share.
    comments varchar,                   -- Internal comments, where they come with it.
    custom_fields varchar               -- Fields of the tenant's own and fields with no column here, as JSON.
);
