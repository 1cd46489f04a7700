CREATE TABLE patients (
    patient_id INTEGER PRIMARY KEY,
    name VARCHAR NOT NULL,
    born DATE NOT NULL,
    sex VARCHAR NOT NULL,
    district VARCHAR NOT NULL,
    insurance VARCHAR,
    registered_on DATE NOT NULL
);
CREATE TABLE staff (
    staff_id INTEGER PRIMARY KEY,
    name VARCHAR NOT NULL,
    role VARCHAR NOT NULL,
    full_time_share DECIMAL(3, 2) NOT NULL
);
CREATE TABLE visits (
    visit_id INTEGER PRIMARY KEY,
    patient_id INTEGER NOT NULL REFERENCES patients (patient_id),
    staff_id INTEGER NOT NULL REFERENCES staff (staff_id),
    visit_on DATE NOT NULL,
    kind VARCHAR NOT NULL CHECK (kind IN ('check-up', 'acute', 'follow-up')),
    minutes INTEGER NOT NULL,
    charge DECIMAL(8, 2) NOT NULL,
    no_show BOOLEAN NOT NULL
);
CREATE TABLE measurements (
    measurement_id INTEGER PRIMARY KEY,
    visit_id INTEGER NOT NULL REFERENCES visits (visit_id),
    kind VARCHAR NOT NULL,
    value DECIMAL(7, 1) NOT NULL
);
CREATE TABLE prescriptions (
    prescription_id INTEGER PRIMARY KEY,
    visit_id INTEGER NOT NULL REFERENCES visits (visit_id),
    drug VARCHAR NOT NULL,
    days INTEGER NOT NULL,
    frequency VARCHAR NOT NULL
);
CREATE TABLE recalls (
    recall_id INTEGER PRIMARY KEY,
    patient_id INTEGER NOT NULL REFERENCES patients (patient_id),
    reason VARCHAR NOT NULL,
    due_on DATE NOT NULL,
    done BOOLEAN NOT NULL
);
