-- What the CSV files don't write down: everything but the clinic's own departments, staff and insurers.
-- Integer arithmetic only: the same rows on every machine.

CREATE TEMP MACRO spread(n, salt) AS (CAST(n AS BIGINT) * 48271 + salt * 69621 + 12345) % 1000003;
CREATE TEMP MACRO mixed(n, salt) AS (spread(n, salt) * spread(n, salt) + n * 31 + salt * 17) % 1000003;
-- A number from 0 to 1,000,002 that looks drawn; `salt` keeps the draws for one row apart.
CREATE TEMP MACRO draw(n, salt) AS (mixed(n, salt) * mixed(n, salt) + n + salt) % 1000003;

-- Closed on Sundays and on a few holidays of fixed date.
INSERT INTO calendar
WITH days AS (SELECT DATE '2023-01-01' + CAST(n AS INTEGER) AS day, n FROM range(0, 1186) AS numbers (n))
SELECT
    day,
    n + 1,
    ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][isodow(day)],
    year(day) || '-Q' || quarter(day),
    CASE WHEN isodow(day) = 7 OR month(day) * 100 + day(day) IN (101, 106, 501, 1003, 1225, 1226) THEN 0 ELSE 1 END
FROM days;

-- Patients: two fifths of them old, names that repeat, some without insurance, some of whom little is known. The last
-- ones have their birthdays where an age begins.
INSERT INTO patients
WITH drawn AS (
    SELECT
        n,
        CASE WHEN draw(n, 1) % 100 < 54 THEN 'f' ELSE 'm' END AS sex,
        ['Ada', 'Carla', 'Elif', 'Farah', 'Hana', 'Joana', 'Lena', 'Nadia', 'Petra', 'Rosa', 'Ursula', 'Vera', 'Xenia',
         'Zora', 'Maria', 'Ines', 'Amina', 'Greta', 'Sofia', 'Yara'] AS women,
        ['Bruno', 'Dmitri', 'Gustav', 'Kofi', 'Marek', 'Olu', 'Quentin', 'Sven', 'Tomas', 'Wim', 'Yusuf', 'Ali', 'Peter',
         'Jonas', 'Emre', 'Luca', 'Henrik', 'Pavel', 'Samir', 'Karl'] AS men,
        ['Abel', 'Brandt', 'Costa', 'Dahl', 'Eriksen', 'Grau', 'Haas', 'Ivanova', 'Jansen', 'Keller', 'Lund', 'Moreau',
         'Novak', 'Okafor', 'Pires', 'Quist', 'Rossi', 'Simic', 'Torres', 'Ueda', 'Vogel', 'Weiss', 'Yilmaz', 'Zeman',
         'Petersen', 'Demir', 'Kowalski', 'Sand', 'Bakker', 'Larsen'] AS family,
        CASE n
            WHEN 595 THEN DATE '1960-12-31'
            WHEN 596 THEN DATE '1961-01-01'
            WHEN 597 THEN DATE '2007-12-31'
            WHEN 598 THEN DATE '2008-01-01'
            ELSE CASE
                WHEN draw(n, 2) % 100 < 14 THEN DATE '2010-01-01' + CAST(draw(n, 3) % 5100 AS INTEGER)
                WHEN draw(n, 2) % 100 < 62 THEN DATE '1961-01-02' + CAST(draw(n, 3) % 17800 AS INTEGER)
                ELSE DATE '1933-01-01' + CAST(draw(n, 3) % 10226 AS INTEGER)
            END
        END AS born,
        CASE WHEN draw(n, 5) % 100 < 74 THEN 'public' WHEN draw(n, 5) % 100 < 91 THEN 'private' END AS insurance
    FROM range(1, 601) AS numbers (n)
)
SELECT
    n,
    CASE sex
        WHEN 'f' THEN women[1 + draw(n, 6) % 20]
        ELSE men[1 + draw(n, 7) % 20]
    END || ' ' || family[1 + draw(n, 8) % 30],
    born,
    sex,
    ['Docks', 'Docks', 'Docks', 'Market', 'Market', 'Market', 'Hill', 'Hill', 'Old Town', 'Old Town'][1 + draw(n, 9) % 10],
    CASE insurance
        WHEN 'public' THEN [1, 1, 1, 2, 2, 3, 3, 4][1 + draw(n, 61) % 8]
        WHEN 'private' THEN [5, 5, 6, 7][1 + draw(n, 61) % 4]
    END,
    greatest(
        DATE '2015-01-01' + CAST(draw(n, 10) % CASE WHEN draw(n, 4) % 100 < 70 THEN 2920 ELSE 3960 END AS INTEGER),
        born + CAST(draw(n, 10) % 60 AS INTEGER)
    ),
    CASE WHEN draw(n, 69) % 100 < 97 THEN
        '{' || concat_ws(
            ', ',
            CASE WHEN draw(n, 62) % 100 < 80 AND born < DATE '2010-01-01' THEN
                '"smoker": "' || CASE
                    WHEN draw(n, 63) % 100 < 26 THEN 'yes' WHEN draw(n, 63) % 100 < 47 THEN 'former' ELSE 'no'
                END || '"'
            END,
            CASE WHEN draw(n, 64) % 100 < 90 THEN
                '"contact": {"channel": "' || ['sms', 'sms', 'call', 'letter'][1 + draw(n, 65) % 4]
                || '", "reminders": "' || CASE WHEN draw(n, 66) % 100 < 15 THEN 'no' ELSE 'yes' END || '"}'
            END,
            CASE WHEN draw(n, 67) % 100 < 12 THEN
                '"allergy": "' || ['penicillin', 'penicillin', 'pollen', 'latex'][1 + draw(n, 68) % 4] || '"'
            END
        ) || '}'
    END
FROM drawn;

-- Visits: children mostly in Paediatrics; every fifth patient is chronically ill and comes often, some never come; quiet
-- Augusts, colds in winter, more visits in 2025; the Docks and bookings over the net are missed more often.
INSERT INTO visits
WITH drawn AS (
    SELECT
        n,
        CASE WHEN draw(n, 11) % 100 < 40 THEN 5 * (1 + draw(n, 12) % 120) ELSE 1 + draw(n, 12) % 600 END AS patient_id,
        DATE '2023-01-02' + CAST(
            CASE WHEN draw(n, 13) % 100 < 15 THEN 730 + draw(n, 14) % 363 ELSE draw(n, 14) % 1093 END AS INTEGER
        ) AS visit_on,
        [1, 1, 1, 2, 2, 3, 4, 4, 5, 7, 7, 8, 8, 8, 11, 11, 12, 13, 13, 13, 14, 14, 15, 16, 16, 17, 19, 19, 20, 21, 21,
         22][1 + draw(n, 15) % 32] AS for_adults,
        [1, 4, 9, 9, 10, 10, 10, 18, 18, 5][1 + draw(n, 15) % 10] AS for_children
    FROM range(1, 4801) AS numbers (n)
), again AS (
    -- Some who come with something acute are back soon, to whoever is there.
    SELECT
        10000 + n AS n, patient_id, visit_on + CAST(2 + draw(n, 76) % 18 AS INTEGER) AS visit_on,
        [1, 2, 8, 14, 4, 21][1 + draw(n, 77) % 6] AS for_adults, [9, 10, 18][1 + draw(n, 77) % 3] AS for_children
    FROM drawn
    WHERE draw(n, 78) % 100 < 7
), kept AS (
    SELECT
        d.n, d.patient_id, s.staff_id, d.visit_on, p.district, s.department_id,
        CASE
            WHEN d.n > 10000 OR draw(d.n, 78) % 100 < 7 THEN 'acute'
            WHEN draw(d.n, 16) % 100 < CASE WHEN month(d.visit_on) IN (1, 2, 11, 12) THEN 40 ELSE 22 END THEN 'acute'
            WHEN draw(d.n, 17) % 100 < 54 THEN 'check-up'
            ELSE 'follow-up'
        END AS kind
    FROM (FROM drawn UNION ALL FROM again) AS d
    JOIN calendar c ON c.day = d.visit_on AND c.is_open = 1
    JOIN patients p ON p.patient_id = d.patient_id
    JOIN staff s ON s.staff_id = CASE WHEN p.born < DATE '2008-01-01' THEN d.for_adults ELSE d.for_children END
    WHERE d.visit_on >= p.registered_on
      AND d.visit_on < DATE '2025-12-31'
      AND (s.left_on IS NULL OR d.visit_on <= s.left_on)
      AND NOT (month(d.visit_on) = 8 AND draw(d.n, 18) % 2 = 0)
      AND d.patient_id % 23 <> 7
      AND NOT (draw(d.patient_id, 79) % 100 < 18 AND d.visit_on > DATE '2024-06-30' + CAST(draw(d.patient_id, 80) % 340 AS INTEGER))
), booked AS (
    SELECT
        *,
        CASE
            WHEN kind = 'acute' AND draw(n, 71) % 100 < 35 THEN 'desk'
            WHEN draw(n, 72) % 100 < 32 THEN 'online'
            ELSE 'phone'
        END AS booked_by
    FROM kept
), missed AS (
    SELECT
        *,
        CASE WHEN booked_by <> 'desk' AND draw(n, 19) % 100 <
            7 + CASE WHEN district = 'Docks' THEN 5 ELSE 0 END
            + CASE WHEN booked_by = 'online' THEN 4 ELSE 0 END
            + CASE WHEN patient_id % 17 = 3 THEN 18 ELSE 0 END
        THEN 1 ELSE 0 END AS no_show
    FROM booked
)
SELECT
    row_number() OVER (ORDER BY n),
    patient_id,
    staff_id,
    visit_on,
    kind,
    booked_by,
    CASE
        WHEN draw(n, 74) % 100 < 6 THEN NULL
        WHEN booked_by = 'desk' THEN 0
        WHEN kind = 'acute' THEN draw(n, 73) % 4
        ELSE (draw(n, 73) % 30) * (draw(n, 75) % 30 + 1) // 20
            + CASE department_id WHEN 2 THEN 9 WHEN 5 THEN 14 WHEN 3 THEN 4 ELSE 1 END
    END,
    no_show,
    CASE
        WHEN no_show = 1 THEN 0
        WHEN kind = 'check-up' THEN 20 + 5 * (draw(n, 20) % 6)
        WHEN kind = 'acute' THEN 10 + 5 * (draw(n, 20) % 4)
        ELSE 10 + 5 * (draw(n, 20) % 5)
    END,
    CASE
        WHEN no_show = 1 THEN 0
        ELSE CASE kind WHEN 'check-up' THEN 60 WHEN 'acute' THEN 45 ELSE 30 END
            + CASE WHEN department_id = 2 THEN 12.50 ELSE 0 END
    END
FROM missed;

-- Measurements: pressure at most visits, now and then taken twice; weight and height (not always both) and blood
-- sugar at check-ups.
INSERT INTO measurements
WITH seen AS (
    SELECT
        v.visit_id AS n, v.kind, p.patient_id AS p, p.sex, year(v.visit_on) AS year, year(v.visit_on) - year(p.born) AS age,
        100 + draw(p.patient_id, 32) % 26
            + CASE WHEN p.born < DATE '1961-01-01' THEN 10 ELSE 0 END
            + CASE WHEN p.patient_id % 5 = 0 THEN 6 ELSE 0 END
            + CASE WHEN p.profile ->> 'smoker' = 'yes' THEN 4 ELSE 0 END
            + draw(v.visit_id, 33) % 23 - 8 AS systolic
    FROM visits v JOIN patients p ON p.patient_id = v.patient_id
    WHERE v.no_show = 0
), sized AS (
    SELECT
        *,
        CASE
            WHEN age < 17 THEN 74 + 6 * age + draw(p, 42) % 9
            WHEN sex = 'f' THEN 152 + draw(p, 42) % 24
            ELSE 164 + draw(p, 42) % 26
        END AS height,
        CASE WHEN age < 17 THEN 150 + draw(p, 41) % 55 ELSE 185 + (draw(p, 41) % 240) * (draw(p, 43) % 100 + 1) // 100 END
            + draw(n, 151) % 19
            -- Some gain weight over the years, some lose it.
            + CASE WHEN age < 17 THEN 0 ELSE (year - 2024) * (draw(p, 145) % 3 - 1) * 12 END AS mass_index
    FROM seen
), taken AS (
    SELECT n, 1 AS place, 'bp_sys' AS kind, systolic * 10 AS tenths FROM sized WHERE draw(n, 31) % 100 < 72
    UNION ALL
    SELECT n, 2, 'bp_dia', (systolic * 6 // 10 + draw(n, 34) % 12 - 3 + CASE WHEN p % 7 = 2 THEN 9 ELSE 0 END) * 10 FROM sized WHERE draw(n, 31) % 100 < 72
    UNION ALL
    SELECT n, 3, 'bp_sys', (systolic - 7 + draw(n, 35) % 11) * 10 FROM sized WHERE draw(n, 31) % 100 < 7
    UNION ALL
    SELECT n, 4, 'bp_dia', (systolic * 6 // 10 + draw(n, 36) % 10 - 4 + CASE WHEN p % 7 = 2 THEN 9 ELSE 0 END) * 10 FROM sized WHERE draw(n, 31) % 100 < 7
    UNION ALL
    SELECT n, 5, 'weight_kg', mass_index * height * height // 10000 FROM sized
    WHERE kind = 'check-up' AND draw(n, 45) % 100 < 86
    UNION ALL
    SELECT n, 6, 'height_cm', height * 10 FROM sized
    WHERE kind = 'check-up' AND draw(n, 45) % 100 < 86 AND draw(n, 46) % 100 < 70
    UNION ALL
    SELECT n, 7, 'glucose_mmol', 40 + draw(p, 47) % 26 + CASE WHEN p % 10 = 0 AND age > 25 THEN 18 ELSE 0 END + draw(n, 48) % 12 FROM sized
    WHERE kind = 'check-up' AND draw(n, 49) % 100 < 55
)
SELECT row_number() OVER (ORDER BY n, place), n, kind, CAST(tenths AS DECIMAL(7, 1)) * 0.1 FROM taken;

-- Prescriptions: short ones for everybody, lasting ones mostly for the chronically ill.
INSERT INTO prescriptions
WITH written AS (
    SELECT v.visit_id AS n, k.k, p.patient_id AS p, v.visit_id * 3 + k.k AS salted,
        (p.patient_id % 5 = 0 AND p.born < DATE '2000-01-01') OR p.born < DATE '1950-01-01' AS chronic
    FROM visits v
    JOIN patients p ON p.patient_id = v.patient_id
    JOIN range(0, 3) AS k (k) ON true
    WHERE v.no_show = 0
      AND draw(v.visit_id, 51 + k.k) % 100 < CASE
          WHEN (p.patient_id % 5 = 0 AND p.born < DATE '2000-01-01') OR p.born < DATE '1950-01-01' THEN [44, 18, 8][1 + k.k]
          ELSE [27, 4, 0][1 + k.k]
      END
)
SELECT
    row_number() OVER (ORDER BY n, k),
    n,
    CASE WHEN chronic AND draw(salted, 54) % 100 < 70 THEN
        CASE WHEN p % 10 = 0 AND draw(salted, 55) % 100 < 45 THEN 'metformin'
            ELSE ['ramipril', 'ramipril', 'amlodipine', 'atorvastatin', 'atorvastatin', 'levothyroxine', 'omeprazole',
                  'metformin', 'salbutamol'][1 + draw(salted, 56) % 9] END
    WHEN p % 17 = 4 AND draw(salted, 59) % 100 < 30 THEN 'metformin'
    ELSE ['ibuprofen', 'ibuprofen', 'amoxicillin', 'amoxicillin', 'paracetamol', 'salbutamol',
          'omeprazole'][1 + draw(salted, 56) % 7] END,
    CASE WHEN chronic AND draw(salted, 54) % 100 < 70 THEN [28, 56, 84, 84, 112, 83][1 + draw(salted, 57) % 6]
        WHEN p % 17 = 4 AND draw(salted, 59) % 100 < 30 THEN 28
        ELSE [5, 5, 7, 7, 10, 28][1 + draw(salted, 57) % 6] END,
    ['once', 'once', 'twice', 'three times'][1 + draw(salted, 58) % 4]
FROM written;

-- Laboratory, of adults: reports as documents; a rejected or pending one has no value. Some people's sugar is high without
-- anybody treating it.
INSERT INTO lab_results
WITH ordered AS (
    SELECT v.visit_id AS n, v.visit_on, t.t, v.visit_id * 5 + t.t AS salted, v.patient_id AS p,
        ['hba1c', 'ldl', 'creatinine', 'tsh'][1 + t.t] AS test
    FROM visits v
    JOIN patients p ON p.patient_id = v.patient_id AND p.born < DATE '2000-01-01'
    JOIN range(0, 4) AS t (t) ON true
    WHERE v.no_show = 0 AND v.kind <> 'acute'
      AND draw(v.visit_id, 81 + t.t) % 100 < CASE
          WHEN t.t = 0 AND v.patient_id % 10 = 0 THEN 48
          WHEN t.t = 0 AND v.patient_id % 17 = 4 THEN 30
          WHEN v.patient_id % 5 = 0 THEN 22
          ELSE [6, 14, 11, 5][1 + t.t]
      END
), judged AS (
    SELECT
        *,
        CASE
            WHEN visit_on >= DATE '2025-12-01' AND draw(salted, 86) % 100 < 60 THEN 'pending'
            WHEN draw(salted, 87) % 100 < 11 THEN 'rejected'
            ELSE 'final'
        END AS status,
        CASE test
            WHEN 'hba1c' THEN 48 + draw(p, 88) % 14 + CASE WHEN p % 10 = 0 THEN 10 WHEN p % 17 = 4 THEN 12 ELSE 0 END + draw(salted, 89) % 8
            WHEN 'ldl' THEN 18 + draw(p, 90) % 22 + draw(salted, 89) % 6
            WHEN 'creatinine' THEN 520 + draw(p, 91) % 520 + draw(salted, 89) % 90
            ELSE 3 + draw(p, 92) % 38 + draw(salted, 89) % 7
        END AS tenths
    FROM ordered
)
SELECT
    row_number() OVER (ORDER BY n, t),
    n,
    test,
    CASE status WHEN 'final' THEN
        '{"status": "final", "value": ' || tenths // 10 || '.' || tenths % 10
        || ', "unit": "' || CASE test WHEN 'hba1c' THEN '%' WHEN 'ldl' THEN 'mmol/l' WHEN 'creatinine' THEN 'umol/l' ELSE 'mU/l' END
        || '", "flag": "' || CASE
            WHEN tenths > CASE test WHEN 'hba1c' THEN 64 WHEN 'ldl' THEN 36 WHEN 'creatinine' THEN 1000 ELSE 40 END THEN 'high'
            WHEN tenths < CASE test WHEN 'hba1c' THEN 0 WHEN 'ldl' THEN 0 WHEN 'creatinine' THEN 560 ELSE 5 END THEN 'low'
            ELSE 'normal'
        END || '"}'
    WHEN 'rejected' THEN
        '{"status": "rejected", "note": "' || ['haemolysed', 'too little blood', 'label missing'][1 + draw(salted, 93) % 3] || '"}'
    ELSE '{"status": "pending"}' END
FROM judged;

-- Invoices: to the insurer what it pays, to the patient the rest; some were cancelled and issued anew, some are paid
-- in part. The latest visits aren't billed yet.
INSERT INTO invoices
WITH shares AS (
    SELECT
        v.visit_id AS n, w.w, v.visit_id * 2 + w.w AS salted,
        CASE w.w WHEN 0 THEN 'insurer' ELSE 'patient' END AS payer,
        v.visit_on + CAST(1 + draw(v.visit_id, 101) % 9 AS INTEGER) AS issued_on,
        CAST(v.charge * 100 AS BIGINT) * CASE w.w
            WHEN 0 THEN coalesce(i.pays_percent, 0) ELSE 100 - coalesce(i.pays_percent, 0) END // 100 AS cents
    FROM visits v
    JOIN patients p ON p.patient_id = v.patient_id
    LEFT JOIN insurers i ON i.insurer_id = p.insurer_id
    JOIN range(0, 2) AS w (w) ON true
    WHERE v.no_show = 0 AND v.visit_on < DATE '2025-12-20' AND draw(v.visit_id, 102) % 100 < 98
), sent AS (
    SELECT s.*, a.a FROM shares s JOIN range(0, 2) AS a (a) ON a.a = 0 OR draw(s.salted, 103) % 100 < 3
    WHERE s.cents > 0
), settled AS (
    SELECT
        *,
        CASE
            WHEN a = 1 THEN 'cancelled'
            WHEN issued_on < DATE '2025-10-01' AND draw(salted, 104) % 100 < CASE payer WHEN 'insurer' THEN 94 ELSE 80 END
                THEN 'paid'
            WHEN issued_on >= DATE '2025-10-01' AND draw(salted, 104) % 100 < 50 THEN 'paid'
            WHEN draw(salted, 105) % 100 < 14 THEN 'disputed'
            WHEN draw(salted, 105) % 100 < 24 AND issued_on < DATE '2024-07-01' THEN 'written off'
            WHEN draw(salted, 105) % 100 < 40 AND issued_on < DATE '2025-09-01' AND payer = 'patient' THEN 'reminded'
            ELSE 'open'
        END AS status
    FROM sent
)
SELECT
    row_number() OVER (ORDER BY n, w, a DESC),
    n,
    payer,
    issued_on,
    issued_on + CAST(CASE payer WHEN 'insurer' THEN 45 ELSE 30 END AS INTEGER),
    CAST(cents AS DECIMAL(10, 2)) * 0.01,
    CAST(
        CASE
            WHEN status = 'paid' THEN cents
            WHEN status IN ('open', 'reminded') AND draw(salted, 106) % 100 < 24 THEN cents // 200 * 100
            ELSE 0
        END
        AS DECIMAL(10, 2)
    ) * 0.01,
    status
FROM settled;

-- Recalls: most old ones are done; two are due on the very day that counts as today, some on the day of a check-up. No
-- priority was ever set.
INSERT INTO recalls
WITH drawn AS (
    SELECT
        n,
        CASE WHEN draw(n, 112) % 100 < 45 THEN 5 * (1 + draw(n, 113) % 120) ELSE 1 + draw(n, 113) % 600 END AS patient_id,
        CASE WHEN n IN (77, 177) THEN DATE '2025-12-31' ELSE DATE '2023-06-01' + CAST(draw(n, 111) % 1060 AS INTEGER) END AS due_on
    FROM range(1, 421) AS numbers (n)
), checked AS (
    SELECT patient_id, max(visit_on) AS visit_on FROM visits WHERE kind = 'check-up' AND no_show = 0 GROUP BY patient_id
), dated AS (
    SELECT d.n, d.patient_id, CASE WHEN d.n % 20 = 9 THEN coalesce(c.visit_on, d.due_on) ELSE d.due_on END AS due_on
    FROM drawn d LEFT JOIN checked c ON c.patient_id = d.patient_id
)
SELECT
    n,
    patient_id,
    ['blood pressure', 'blood pressure', 'blood sugar', 'vaccination', 'vaccination', 'weight'][1 + draw(n, 114) % 6],
    due_on,
    CASE WHEN draw(n, 115) % 100 < CASE WHEN due_on < DATE '2025-03-01' THEN 74 WHEN due_on < DATE '2025-12-31' THEN 38 ELSE 0 END
        THEN 1 ELSE 0 END,
    NULL
FROM dated;

-- What is planned for the first weeks of 2026. Some patients were booked twice on a day, some of these with one of the two
-- cancelled; Dr Yilmaz (8) is sometimes taken when Dr Tobias Brandt (7) is.
INSERT INTO appointments
WITH drawn AS (
    SELECT
        n,
        1 + draw(n, 121) % 600 AS patient_id,
        [1, 1, 1, 2, 3, 4, 7, 7, 7, 8, 8, 9, 10, 10, 12, 13, 14, 16, 18, 19][1 + draw(n, 122) % 20] AS staff_id,
        DATE '2026-01-02' + CAST(draw(n, 123) % 56 AS INTEGER) AS planned_on,
        draw(n, 124) % 8 AS hour,
        draw(n, 125) % 3 AS third
    FROM range(1, 461) AS numbers (n)
), booked AS (
    SELECT n, patient_id, staff_id, planned_on, hour, third FROM drawn
    UNION ALL
    SELECT 1000 + n, patient_id, [1, 8, 14, staff_id][1 + n % 4], planned_on, (hour + 1 + n % 5) % 8, n % 3 FROM drawn
    WHERE draw(n, 128) % 100 < 7
    UNION ALL
    SELECT 2000 + n, 1 + draw(n, 129) % 600, 8, planned_on, hour, third FROM drawn WHERE staff_id = 7 AND draw(n, 130) % 100 < 22
), free AS (
    -- Nobody sees two at once.
    SELECT *, row_number() OVER (PARTITION BY staff_id, planned_on, hour, third ORDER BY n) AS place
    FROM booked JOIN calendar c ON c.day = planned_on AND c.is_open = 1 AND c.weekday <> 'Sat'
)
SELECT
    row_number() OVER (ORDER BY n),
    patient_id,
    staff_id,
    planned_on,
    ['08', '09', '10', '11', '13', '14', '15', '16'][1 + hour] || ':' || ['00', '20', '40'][1 + third],
    ['check-up', 'check-up', 'follow-up', 'acute'][1 + draw(n, 126) % 4],
    CASE WHEN draw(n, 127) % 100 < 14 THEN 'cancelled' ELSE 'booked' END
FROM free
WHERE place = 1;

-- What was sent to patients before.
INSERT INTO messages
SELECT
    row_number() OVER (ORDER BY n),
    1 + draw(n, 131) % 600,
    ['result', 'result', 'invitation', 'dunning'][1 + draw(n, 132) % 4],
    CASE WHEN draw(n, 132) % 4 = 3 THEN 'letter' ELSE ['sms', 'sms', 'call', 'letter'][1 + draw(n, 133) % 4] END,
    DATE '2025-01-02' + CAST(n * 2 + draw(n, 134) % 2 AS INTEGER)
FROM range(1, 171) AS numbers (n);
