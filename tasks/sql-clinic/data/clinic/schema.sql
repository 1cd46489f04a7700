CREATE TABLE calendar (
    day DATE PRIMARY KEY,
    day_number INTEGER NOT NULL,
    weekday TEXT NOT NULL,
    quarter TEXT NOT NULL,
    is_open INTEGER NOT NULL CHECK (is_open IN (0, 1))
);
CREATE TABLE departments (
    department_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    floor INTEGER NOT NULL
);
CREATE TABLE insurers (
    insurer_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('public', 'private')),
    pays_percent INTEGER NOT NULL
);
CREATE TABLE patients (
    patient_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    born DATE NOT NULL,
    sex TEXT NOT NULL CHECK (sex IN ('f', 'm')),
    district TEXT NOT NULL,
    insurer_id INTEGER REFERENCES insurers (insurer_id),
    registered_on DATE NOT NULL,
    profile JSON
);
CREATE TABLE staff (
    staff_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('physician', 'nurse', 'reception')),
    full_time_share DECIMAL(3, 2) NOT NULL,
    department_id INTEGER REFERENCES departments (department_id),
    left_on DATE
);
CREATE TABLE visits (
    visit_id INTEGER PRIMARY KEY,
    patient_id INTEGER NOT NULL REFERENCES patients (patient_id),
    staff_id INTEGER NOT NULL REFERENCES staff (staff_id),
    visit_on DATE NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('check-up', 'acute', 'follow-up')),
    booked_by TEXT NOT NULL CHECK (booked_by IN ('phone', 'online', 'desk')),
    wait_days INTEGER,
    no_show INTEGER NOT NULL CHECK (no_show IN (0, 1)),
    minutes INTEGER NOT NULL,
    charge DECIMAL(8, 2) NOT NULL
);
CREATE TABLE measurements (
    measurement_id INTEGER PRIMARY KEY,
    visit_id INTEGER NOT NULL REFERENCES visits (visit_id),
    kind TEXT NOT NULL,
    value DECIMAL(7, 1) NOT NULL
);
CREATE TABLE prescriptions (
    prescription_id INTEGER PRIMARY KEY,
    visit_id INTEGER NOT NULL REFERENCES visits (visit_id),
    drug TEXT NOT NULL,
    days INTEGER NOT NULL,
    frequency TEXT NOT NULL
);
CREATE TABLE lab_results (
    lab_id INTEGER PRIMARY KEY,
    visit_id INTEGER NOT NULL REFERENCES visits (visit_id),
    test TEXT NOT NULL,
    report JSON NOT NULL
);
CREATE TABLE invoices (
    invoice_id INTEGER PRIMARY KEY,
    visit_id INTEGER NOT NULL REFERENCES visits (visit_id),
    payer TEXT NOT NULL CHECK (payer IN ('insurer', 'patient')),
    issued_on DATE NOT NULL,
    due_on DATE NOT NULL,
    amount DECIMAL(8, 2) NOT NULL,
    paid DECIMAL(8, 2) NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'paid', 'reminded', 'disputed', 'cancelled', 'written off'))
);
CREATE TABLE recalls (
    recall_id INTEGER PRIMARY KEY,
    patient_id INTEGER NOT NULL REFERENCES patients (patient_id),
    reason TEXT NOT NULL,
    due_on DATE NOT NULL,
    done INTEGER NOT NULL CHECK (done IN (0, 1)),
    priority TEXT CHECK (priority IN ('high', 'normal', 'low'))
);
CREATE TABLE appointments (
    appointment_id INTEGER PRIMARY KEY,
    patient_id INTEGER NOT NULL REFERENCES patients (patient_id),
    staff_id INTEGER NOT NULL REFERENCES staff (staff_id),
    planned_on DATE NOT NULL,
    slot TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('check-up', 'acute', 'follow-up')),
    status TEXT NOT NULL CHECK (status IN ('booked', 'cancelled'))
);
CREATE TABLE messages (
    message_id INTEGER PRIMARY KEY,
    patient_id INTEGER NOT NULL REFERENCES patients (patient_id),
    kind TEXT NOT NULL CHECK (kind IN ('dunning', 'invitation', 'result')),
    channel TEXT NOT NULL CHECK (channel IN ('letter', 'sms', 'call')),
    sent_on DATE NOT NULL
);
