-- A meter changes its customer and tariff, an outage its crew: DuckDB can't update a foreign key in a row that others
-- refer to, so these columns have none.
CREATE TABLE calendar (
    day DATE PRIMARY KEY,
    day_no INTEGER NOT NULL,
    weekday INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    holiday INTEGER NOT NULL CHECK (holiday IN (0, 1)),
    mean_temp DECIMAL(4, 1) NOT NULL
);
CREATE TABLE districts (
    district_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    density TEXT NOT NULL CHECK (density IN ('urban', 'suburban', 'rural')),
    households INTEGER NOT NULL
);
CREATE TABLE substations (
    substation_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    district_id INTEGER NOT NULL REFERENCES districts (district_id),
    voltage_kv INTEGER NOT NULL,
    firm_kw INTEGER NOT NULL,
    commissioned_on DATE NOT NULL,
    equipment JSON NOT NULL
);
CREATE TABLE feeders (
    feeder_id INTEGER PRIMARY KEY,
    code TEXT NOT NULL,
    substation_id INTEGER NOT NULL REFERENCES substations (substation_id),
    build TEXT NOT NULL CHECK (build IN ('overhead', 'cable', 'mixed')),
    length_km DECIMAL(6, 2) NOT NULL,
    rated_kw INTEGER NOT NULL,
    laid_in INTEGER NOT NULL,
    in_service INTEGER NOT NULL CHECK (in_service IN (0, 1))
);
CREATE TABLE tariffs (
    tariff_id INTEGER PRIMARY KEY,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    standing_charge DECIMAL(6, 2) NOT NULL,
    day_rate DECIMAL(6, 4) NOT NULL,
    night_rate DECIMAL(6, 4),
    closed_on DATE,
    replaced_by INTEGER
);
CREATE TABLE crews (
    crew_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    district_id INTEGER NOT NULL REFERENCES districts (district_id),
    skill TEXT NOT NULL CHECK (skill IN ('lines', 'cables', 'switchgear', 'vegetation')),
    hourly_rate DECIMAL(6, 2) NOT NULL,
    external INTEGER NOT NULL CHECK (external IN (0, 1))
);
CREATE TABLE customers (
    customer_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    class TEXT NOT NULL CHECK (class IN ('household', 'business', 'public', 'industry')),
    district_id INTEGER NOT NULL REFERENCES districts (district_id),
    since DATE NOT NULL,
    vulnerable INTEGER NOT NULL CHECK (vulnerable IN (0, 1)),
    contact JSON NOT NULL
);
CREATE TABLE meters (
    meter_id INTEGER PRIMARY KEY,
    serial TEXT NOT NULL,
    customer_id INTEGER,
    feeder_id INTEGER NOT NULL REFERENCES feeders (feeder_id),
    tariff_id INTEGER NOT NULL,
    model TEXT NOT NULL,
    smart INTEGER NOT NULL CHECK (smart IN (0, 1)),
    installed_on DATE NOT NULL,
    removed_on DATE,
    fault_code TEXT
);
CREATE TABLE generators (
    generator_id INTEGER PRIMARY KEY,
    meter_id INTEGER NOT NULL REFERENCES meters (meter_id),
    kind TEXT NOT NULL CHECK (kind IN ('solar', 'wind', 'cogeneration')),
    kw DECIMAL(7, 1) NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('applied', 'connected', 'refused')),
    applied_on DATE NOT NULL,
    connected_on DATE
);
CREATE TABLE readings (
    reading_id INTEGER PRIMARY KEY,
    meter_id INTEGER NOT NULL REFERENCES meters (meter_id),
    month TEXT NOT NULL,
    day_kwh INTEGER,
    night_kwh INTEGER,
    method TEXT NOT NULL CHECK (method IN ('remote', 'manual', 'estimated')),
    recorded_on DATE NOT NULL
);
CREATE TABLE invoices (
    invoice_id INTEGER PRIMARY KEY,
    meter_id INTEGER NOT NULL REFERENCES meters (meter_id),
    month TEXT NOT NULL,
    amount DECIMAL(10, 2) NOT NULL,
    due_on DATE NOT NULL,
    paid_on DATE
);
CREATE TABLE feeder_days (
    feeder_id INTEGER NOT NULL REFERENCES feeders (feeder_id),
    day DATE NOT NULL,
    peak_kw INTEGER,
    energy_kwh INTEGER,
    PRIMARY KEY (feeder_id, day)
);
CREATE TABLE outages (
    outage_id INTEGER PRIMARY KEY,
    feeder_id INTEGER NOT NULL REFERENCES feeders (feeder_id),
    started_at TIMESTAMP NOT NULL,
    minutes INTEGER,
    planned INTEGER NOT NULL CHECK (planned IN (0, 1)),
    announced_on DATE,
    cause TEXT NOT NULL,
    customers_off INTEGER NOT NULL,
    crew_id INTEGER,
    report JSON
);
CREATE TABLE work_orders (
    order_id INTEGER PRIMARY KEY,
    feeder_id INTEGER NOT NULL REFERENCES feeders (feeder_id),
    crew_id INTEGER REFERENCES crews (crew_id),
    kind TEXT NOT NULL CHECK (kind IN ('inspection', 'repair', 'vegetation', 'replacement')),
    status TEXT NOT NULL CHECK (status IN ('open', 'scheduled', 'done', 'cancelled')),
    priority INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 4),
    opened_on DATE NOT NULL,
    due_on DATE NOT NULL,
    done_on DATE,
    hours DECIMAL(6, 1),
    material_cost DECIMAL(9, 2)
);
CREATE TABLE complaints (
    complaint_id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (customer_id),
    received_on DATE NOT NULL,
    topic TEXT NOT NULL CHECK (topic IN ('outage', 'bill', 'meter', 'works', 'voltage')),
    outage_id INTEGER REFERENCES outages (outage_id),
    answered_on DATE
);
CREATE TABLE credits (
    credit_id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (customer_id),
    reason TEXT NOT NULL,
    amount DECIMAL(8, 2) NOT NULL,
    booked_on DATE NOT NULL
);
-- So that SQLite finds a month's other readings in time.
CREATE INDEX readings_of_meter ON readings (meter_id, month);
