-- What is too much to write down. All numbers come of mix(), a cubic residue: the same on every machine.
CREATE TEMP MACRO seed(i, k) AS ((CAST(i AS BIGINT) * 48271 + k * 69621 + 7) % 65521);
CREATE TEMP MACRO mix(i, k, n) AS (
    (seed(i, k) * seed(i, k) % 65521 * (seed(i, k) + 3 * k + 1) + 977 * seed(i, k) + 31 * i) % 65521 % n
);
CREATE TEMP MACRO feeder_of(m) AS (1 + (mix(m, 11, 46) + (m % 3 = 0)::INTEGER * mix(m, 12, 7)) % 46);
CREATE TEMP MACRO cents(n) AS (CAST(n AS DECIMAL(12, 0)) * 0.01);

-- Every day from 2024 until the last deadline; what lies ahead has the temperature that is usual for the season.
INSERT INTO calendar
WITH days AS (
    SELECT n, DATE '2023-12-31' + n::INTEGER AS day,
           [12, 22, 55, 95, 142, 178, 196, 190, 150, 104, 58, 24][month(DATE '2023-12-31' + n::INTEGER)] AS tenths
    FROM range(1, 912) AS r(n)
)
SELECT day, n, isodow(day),
       (strftime(day, '%m-%d') IN ('01-01', '05-01', '10-03', '12-25', '12-26')
        OR day IN (DATE '2024-03-29', DATE '2024-04-01', DATE '2024-05-09', DATE '2024-05-20', DATE '2025-04-18',
                   DATE '2025-04-21', DATE '2025-05-29', DATE '2025-06-09', DATE '2026-04-03', DATE '2026-04-06'))::INTEGER,
       CAST(tenths + CASE WHEN n <= 731 THEN mix(n, 141, 50) - 25 + mix(n // 6, 142, 90) - 45 ELSE 0 END AS DECIMAL(8, 0)) * 0.1
FROM days ORDER BY day;

-- Feeders 47 and 48 are laid but not in service: they have no meter, no load and no outage.
INSERT INTO feeders
SELECT f, 'F-' || lpad(f::TEXT, 2, '0'), s.substation_id,
       CASE WHEN d.density = 'urban' THEN CASE WHEN mix(f, 1, 10) < 8 THEN 'cable' ELSE 'mixed' END
            WHEN d.density = 'rural' THEN CASE WHEN mix(f, 1, 10) < 8 THEN 'overhead' ELSE 'mixed' END
            ELSE CASE WHEN mix(f, 1, 10) < 4 THEN 'cable' WHEN mix(f, 1, 10) < 7 THEN 'mixed' ELSE 'overhead' END END,
       cents(CASE d.density WHEN 'urban' THEN 180 + mix(f, 2, 700) WHEN 'rural' THEN 1400 + mix(f, 2, 4200)
             ELSE 600 + mix(f, 2, 1500) END),
       100 * (CASE d.density WHEN 'urban' THEN 45 + mix(f, 3, 20) WHEN 'rural' THEN 18 + mix(f, 3, 12)
              ELSE 30 + mix(f, 3, 18) END),
       1958 + mix(f, 13, 62), (f <= 46)::INTEGER
FROM range(1, 49) AS r(f)
JOIN substations s ON s.substation_id = 1 + (f - 1) % 12
JOIN districts d ON d.district_id = s.district_id
ORDER BY f;

INSERT INTO customers
WITH base AS (
    SELECT c, mix(c, 41, 100) AS draw, s.district_id, d.name AS district,
           ['Ada', 'Basil', 'Clara', 'Dev', 'Edith', 'Farid', 'Grete', 'Hugo', 'Ines', 'Jonas', 'Kaya', 'Leon', 'Mira',
            'Noah', 'Olga', 'Pavel', 'Rosa', 'Sami', 'Tilda', 'Umar', 'Vera', 'Wim', 'Yara', 'Zeno'][1 + mix(c, 42, 24)] AS given,
           ['Abbot', 'Bauer', 'Cole', 'Demir', 'Ekman', 'Foster', 'Gill', 'Haas', 'Ivers', 'Jansen', 'Kovac', 'Lund',
            'Marsh', 'Novak', 'Owusu', 'Pratt', 'Quinn', 'Reyes', 'Stein', 'Tanaka', 'Unger', 'Voss', 'Weiss', 'Young'][1 + mix(c, 43, 24)] AS family,
           ['Bakery', 'Garage', 'Joinery', 'Dental Practice', 'Hotel', 'Laundry', 'Nursery', 'Print Shop'][1 + mix(c, 44, 8)] AS trade,
           ['Primary School', 'Library', 'Waterworks', 'Sports Hall', 'Fire Station'][1 + mix(c, 45, 5)] AS house,
           ['Foundry', 'Cold Store', 'Paper Mill', 'Plastics'][1 + mix(c, 46, 4)] AS plant
    FROM range(1, 901) AS r(c)
    JOIN feeders f ON f.feeder_id = feeder_of(c)
    JOIN substations s ON s.substation_id = f.substation_id
    JOIN districts d ON d.district_id = s.district_id
)
SELECT c,
       CASE WHEN draw < 76 THEN given || ' ' || family WHEN draw < 93 THEN family || ' ' || trade
            WHEN draw < 97 THEN district || ' ' || house ELSE family || ' ' || plant END,
       CASE WHEN draw < 76 THEN 'household' WHEN draw < 93 THEN 'business' WHEN draw < 97 THEN 'public' ELSE 'industry' END,
       district_id, DATE '2005-01-01' + mix(c, 47, 7400)::INTEGER,
       (draw < 76 AND mix(c, 48, 100) < 7)::INTEGER,
       '{"channel": "' || ['email', 'sms', 'post', 'email', 'sms', 'phone', 'email'][1 + mix(c, 49, 7)] || '", "language": "'
           || ['en', 'en', 'en', 'en', 'de', 'tr', 'pl'][1 + mix(c, 50, 7)] || '"'
           || CASE WHEN mix(c, 51, 10) < 8 THEN ', "notify": {"outages": "' || ['yes', 'no', 'yes'][1 + mix(c, 52, 3)]
               || '", "bills": "' || ['yes', 'no'][1 + mix(c, 53, 2)] || '"}' ELSE '' END || '}'
FROM base ORDER BY c;

-- A customer's first meter has the customer's number; those from 901 on are second meters.
INSERT INTO meters
WITH base AS (
    SELECT m, CASE WHEN m <= 900 THEN m ELSE 1 + mix(m, 61, 900) END AS owner, mix(m, 62, 100) AS draw
    FROM range(1, 961) AS r(m)
)
SELECT b.m, 'KV' || lpad((200000 + b.m * 37 + mix(b.m, 63, 37))::TEXT, 7, '0'),
       CASE WHEN b.draw < 4 THEN NULL ELSE b.owner END, feeder_of(b.owner),
       CASE c.class WHEN 'household' THEN [1, 1, 1, 2, 2, 3][1 + mix(b.m, 64, 6)] WHEN 'business' THEN [4, 4, 5, 5, 8][1 + mix(b.m, 64, 5)]
            WHEN 'public' THEN 6 ELSE 7 END,
       CASE WHEN mix(b.m, 65, 100) < 58 THEN ['Aria 3', 'Aria 4', 'Nexo S'][1 + mix(b.m, 66, 3)] ELSE ['Ferra', 'Ferra D', 'Koda 1'][1 + mix(b.m, 66, 3)] END,
       (mix(b.m, 65, 100) < 58)::INTEGER,
       DATE '2009-01-01' + (CASE WHEN mix(b.m, 65, 100) < 58 THEN 3300 + mix(b.m, 67, 2600) ELSE mix(b.m, 67, 4000) END)::INTEGER,
       CASE WHEN b.draw BETWEEN 4 AND 6 THEN DATE '2025-03-01' + mix(b.m, 68, 250)::INTEGER END,
       CASE WHEN mix(b.m, 69, 100) < 5 THEN ['E01', 'E07', 'E12'][1 + mix(b.m, 70, 3)] END
FROM base b JOIN customers c ON c.customer_id = b.owner ORDER BY b.m;

-- Who generates: mostly households with solar panels; every meter at most once.
INSERT INTO generators
WITH drawn AS (
    SELECT m.meter_id, c.class, DATE '2019-01-05' + mix(m.meter_id, 152, 2500)::INTEGER AS applied_on, mix(m.meter_id, 153, 100) AS fate,
           mix(m.meter_id, 154, 100) AS draw
    FROM meters m JOIN customers c ON c.customer_id = m.customer_id
    WHERE m.removed_on IS NULL AND mix(m.meter_id, 151, 100) < CASE m.feeder_id % 5 WHEN 0 THEN 45 WHEN 3 THEN 30 ELSE 15 END
), told AS (
    SELECT *, CASE WHEN fate < 8 THEN 'refused' WHEN applied_on > DATE '2025-09-01' OR fate >= 60 AND applied_on > DATE '2024-12-01'
                   THEN 'applied' ELSE 'connected' END AS status FROM drawn
)
SELECT row_number() OVER (ORDER BY applied_on, meter_id), meter_id,
       CASE WHEN class IN ('industry', 'public') AND draw < 40 THEN 'cogeneration' WHEN class = 'business' AND draw < 8 THEN 'wind' ELSE 'solar' END,
       CAST(CASE class WHEN 'household' THEN 28 + mix(meter_id, 155, 120) WHEN 'industry' THEN 2500 + mix(meter_id, 155, 4500)
            ELSE 150 + mix(meter_id, 155, 700) END AS DECIMAL(8, 0)) * 0.1,
       status, applied_on, CASE WHEN status = 'connected' THEN applied_on + (20 + mix(meter_id, 156, 95))::INTEGER END
FROM told ORDER BY applied_on, meter_id;

INSERT INTO readings
WITH months AS (
    SELECT k, (2024 + k // 12)::TEXT || '-' || lpad((1 + k % 12)::TEXT, 2, '0') AS month,
           make_date(2024 + k // 12, 1 + k % 12, 1) AS first_day,
           [130, 122, 110, 98, 88, 80, 78, 80, 88, 100, 114, 128][1 + k % 12] AS season
    FROM range(24) AS r(k)
), base AS (
    SELECT t.k, t.month, t.first_day, m.meter_id, m.smart, x.night_rate,
           CASE WHEN m.customer_id IS NULL THEN CASE WHEN mix(m.meter_id, 71, 3) = 0 THEN 90 + mix(m.meter_id, 72, 160) + mix(m.meter_id * 24 + t.k, 74, 25) ELSE 0 END
                ELSE (CASE c.class WHEN 'household' THEN 140 + mix(m.meter_id, 73, 330) WHEN 'business' THEN 420 + mix(m.meter_id, 73, 2100)
                      WHEN 'public' THEN 800 + mix(m.meter_id, 73, 3300) ELSE 6000 + mix(m.meter_id, 73, 21000) END)
                     * t.season * CASE WHEN t.k < 12 THEN 100 ELSE 96 + mix(m.feeder_id, 79, 11) END // 10000
                     + mix(m.meter_id * 24 + t.k, 74, 40) END AS kwh,
           mix(m.meter_id * 24 + t.k, 75, 1000) AS draw
    FROM months t
    JOIN meters m ON m.installed_on < t.first_day AND (m.removed_on IS NULL OR m.removed_on > t.first_day)
    JOIN tariffs x ON x.tariff_id = m.tariff_id
    LEFT JOIN customers c ON c.customer_id = m.customer_id
), split AS (
    SELECT *, CASE WHEN night_rate IS NULL THEN NULL ELSE kwh * (18 + mix(meter_id, 76, 27)) // 100 END AS night FROM base
), entered AS (
    SELECT 0 AS correction, k, month, first_day, meter_id, CASE WHEN draw < 12 THEN NULL ELSE kwh - coalesce(night, 0) END AS day_kwh,
           CASE WHEN draw < 12 THEN NULL ELSE night END AS night_kwh,
           CASE WHEN draw < 12 OR (smart = 1 AND draw >= 60) THEN CASE smart WHEN 1 THEN 'remote' ELSE 'manual' END
                WHEN draw < 60 OR (smart = 0 AND draw < 240)
                     -- Where nobody has let the reader in for a long time, or ever.
                     OR (smart = 0 AND mix(meter_id, 144, 13) = 0 AND k >= mix(meter_id, 145, 24) - 3) THEN 'estimated' ELSE 'manual' END AS method,
           -1 - mix(meter_id + t.k, 77, 4) AS late
    FROM split t
    UNION ALL
    -- A correction stands beside the reading that it replaces.
    SELECT 1, k, month, first_day, meter_id, kwh - coalesce(night, 0) + mix(meter_id + k, 78, 25) - 8 + 9 * (kwh < 10)::INTEGER, night, 'manual',
           4 + mix(meter_id + t.k, 79, 20)
    FROM split t WHERE draw % 50 = 7 AND k < 23
)
SELECT row_number() OVER (ORDER BY k, correction, meter_id), meter_id, month, day_kwh, night_kwh, method,
       CAST(first_day + INTERVAL 1 MONTH AS DATE) + late::INTEGER
FROM entered ORDER BY k, correction, meter_id;

INSERT INTO invoices
WITH latest AS (
    SELECT * FROM readings WHERE month >= '2025-01'
    QUALIFY row_number() OVER (PARTITION BY meter_id, month ORDER BY reading_id DESC) = 1
), billed AS (
    SELECT l.*, m.customer_id, t.standing_charge
           + round(coalesce(l.day_kwh, 0) * t.day_rate + coalesce(l.night_kwh, 0) * coalesce(t.night_rate, t.day_rate), 2) AS amount,
           CASE WHEN mix(m.customer_id, 81, 100) < 5 THEN 35 ELSE 3 END AS unpaid, mix(l.reading_id, 82, 100) AS draw
    FROM latest l JOIN meters m ON m.meter_id = l.meter_id JOIN tariffs t ON t.tariff_id = m.tariff_id
    WHERE m.customer_id IS NOT NULL
)
SELECT row_number() OVER (ORDER BY month, meter_id), meter_id, month, amount,
       make_date(substr(month, 1, 4)::INTEGER, substr(month, 6, 2)::INTEGER, 1) + 51,
       CASE WHEN draw < unpaid OR month >= '2025-12' THEN NULL
            ELSE make_date(substr(month, 1, 4)::INTEGER, substr(month, 6, 2)::INTEGER, 1) + (36 + mix(reading_id, 83, CASE WHEN draw < 15 THEN 40 ELSE 15 END))::INTEGER END
FROM billed ORDER BY month, meter_id;
UPDATE invoices SET paid_on = NULL WHERE paid_on > DATE '2025-12-31';

-- The colder it is, the more is heated; a little less is used at weekends.
INSERT INTO feeder_days
WITH base AS (
    SELECT f.feeder_id, f.build, c.day, f.feeder_id * 400 + c.day_no AS i, f.rated_kw, 60 + mix(f.feeder_id, 91, 36) AS level,
           (CASE WHEN c.mean_temp < 15 THEN 620 + (150 - CAST(c.mean_temp * 10 AS INTEGER)) * 2
                 ELSE 620 + greatest(0, CAST(c.mean_temp * 10 AS INTEGER) - 190) END)
               - CASE WHEN c.weekday >= 6 OR c.holiday = 1 THEN 25 ELSE 0 END AS demand
    FROM feeders f, calendar c WHERE f.in_service = 1 AND c.day BETWEEN DATE '2025-01-01' AND DATE '2025-12-31'
), peaks AS (
    SELECT *, rated_kw * level // 100 * demand // 1000 + mix(i, 92, rated_kw // 14)
              + CASE WHEN mix(i, 93, 90) = 0 THEN rated_kw // 9 ELSE 0 END AS peak
    FROM base
)
SELECT feeder_id, day, CASE WHEN mix(i, 94, 27) = 0 THEN NULL ELSE peak END,
       CASE WHEN mix(i, 94, 27) = 0 OR mix(i, 95, 150) = 0 THEN NULL ELSE peak * 24 * (CASE build WHEN 'cable' THEN 55 WHEN 'mixed' THEN 48 ELSE 42 END + mix(feeder_id, 97, 7) + mix(i, 96, 14)) // 100 END
FROM peaks ORDER BY feeder_id, day;

INSERT INTO outages
WITH live AS (
    SELECT feeder_id, count(*) AS base FROM meters WHERE customer_id IS NOT NULL AND removed_on IS NULL GROUP BY feeder_id
), drawn AS (
    SELECT i, CASE WHEN mix(i, 21, 3) = 0 THEN 1 + (5 + 12 * mix(i, 20, 4) + 2 * mix(i, 19, 2)) % 46 ELSE 1 + mix(i, 18, 46) END AS feeder_id,
           CASE WHEN mix(i, 23, 100) < 3 THEN DATE '2025-01-24' WHEN mix(i, 23, 100) < 5 THEN DATE '2025-10-03'
                WHEN mix(i, 23, 100) < 9 THEN [DATE '2024-02-22', DATE '2024-11-19', DATE '2024-02-22', DATE '2024-11-19', DATE '2025-07-08'][1 + mix(i, 17, 5)]
                ELSE DATE '2024-01-01' + mix(i, 22, 731)::INTEGER END AS day,
           mix(i, 23, 100) < 9 AS storm, (mix(i, 23, 100) >= 9 AND mix(i, 25, 100) < 22) AS planned, mix(i, 26, 100) AS draw
    FROM range(1, 1151) AS r(i)
), dated AS (
    SELECT d.*, f.build, CASE WHEN planned THEN 480 + mix(i, 24, 420) ELSE mix(i, 24, 1440) END AS minute_of_day,
           1 + l.base * (20 + mix(i, 28, 80)) // 100 AS off,
           CASE WHEN planned THEN 'planned work' WHEN storm THEN CASE WHEN f.build = 'cable' THEN 'weather' ELSE ['tree', 'weather'][1 + mix(i, 29, 2)] END
                WHEN draw < 24 AND f.build <> 'cable' THEN 'tree' WHEN draw < 40 THEN 'weather' WHEN draw < 66 THEN 'equipment'
                WHEN draw < 80 THEN 'third party' WHEN draw < 88 THEN 'animal' ELSE 'unknown' END AS cause
    FROM drawn d JOIN feeders f ON f.feeder_id = d.feeder_id JOIN live l ON l.feeder_id = d.feeder_id
)
SELECT row_number() OVER (ORDER BY day, minute_of_day, i), feeder_id, CAST(day AS TIMESTAMP) + to_minutes(minute_of_day::BIGINT),
       CASE WHEN mix(i, 30, 100) < 2 THEN NULL WHEN planned THEN 30 * (1 + mix(i, 31, 9))
            WHEN mix(i, 32, 100) < 14 THEN mix(i, 31, 4) WHEN mix(i, 32, 100) < 74 THEN 5 + mix(i, 31, 116)
            WHEN mix(i, 32, 100) < 95 THEN 121 + mix(i, 31, 360) ELSE 481 + mix(i, 31, 900) END,
       planned::INTEGER, CASE WHEN planned AND mix(i, 40, 100) < 94 THEN day - (1 + mix(i, 39, 14))::INTEGER END, cause, off,
       CASE WHEN mix(i, 33, 100) < 12 THEN NULL ELSE [1, 2, 3, 4, 6, 7, 8, 10][1 + mix(i, 34, 8)] END,
       CASE WHEN planned OR mix(i, 35, 100) < 25 THEN NULL
            ELSE '{"weather": "' || CASE WHEN storm THEN 'storm' ELSE ['dry', 'rain', 'wind', 'dry', 'frost'][1 + mix(i, 36, 5)] END
                 || '", "damage": "' || ['none', 'conductor', 'insulator', 'joint', 'fuse', 'none'][1 + mix(i, 37, 6)]
                 || '", "photos": ' || mix(i, 38, 5)::TEXT || '}' END
FROM dated ORDER BY day, minute_of_day, i;

INSERT INTO work_orders
WITH drawn AS (
    SELECT i, 1 + mix(i, 101, 48) AS feeder_id, mix(i, 102, 100) AS draw, 1 + mix(i, 103, 4) AS priority,
           DATE '2024-03-01' + mix(i, 104, 655)::INTEGER AS opened_on, mix(i, 105, 100) AS fate
    FROM range(1, 1401) AS r(i)
), dated AS (
    SELECT *, opened_on + [7, 21, 60, 120][priority] AS due_on, opened_on + 2 + mix(i, 106, [12, 30, 75, 130][priority])::INTEGER AS ready_on,
           CASE WHEN draw < 38 AND feeder_id <> 39 AND NOT (feeder_id % 4 = 1 AND opened_on > DATE '2024-10-20') THEN 'inspection' WHEN draw < 66 THEN 'repair' WHEN draw < 86 THEN 'vegetation' ELSE 'replacement' END AS kind
    FROM drawn
), told AS (
    SELECT *, CASE WHEN fate < 7 THEN 'cancelled' WHEN ready_on > DATE '2025-12-31' OR fate >= 88
                   THEN CASE WHEN fate % 2 = 0 THEN 'open' ELSE 'scheduled' END ELSE 'done' END AS status FROM dated
)
SELECT row_number() OVER (ORDER BY opened_on, i), feeder_id,
       CASE WHEN status = 'open' OR mix(i, 107, 40) = 0 THEN NULL
            WHEN kind = 'vegetation' THEN [5, 9, 5, 3][1 + mix(i, 108, 4)] ELSE [1, 2, 3, 4, 6, 7, 8, 10][1 + mix(i, 108, 8)] END,
       kind, status, priority, opened_on, due_on, CASE WHEN status = 'done' THEN ready_on END,
       CASE WHEN status = 'done' THEN CAST(5 * (2 + mix(i, 109, 90)) AS DECIMAL(8, 0)) * 0.1 END,
       CASE WHEN status = 'done' AND kind <> 'inspection' AND mix(i, 110, 10) > 1 THEN cents(1500 + 25 * mix(i, 111, 9000)) END
FROM told ORDER BY opened_on, i;

INSERT INTO complaints
WITH upset AS (
    SELECT o.outage_id, m.customer_id, CAST(o.started_at AS DATE) + 1 + mix(o.outage_id + m.meter_id, 121, 12)::INTEGER AS received_on, mix(o.outage_id * 7 + m.meter_id, 122, 100) AS draw
    FROM outages o JOIN meters m ON m.feeder_id = o.feeder_id AND m.customer_id IS NOT NULL
    WHERE o.minutes > 60 AND mix(o.outage_id * 7 + m.meter_id, 123, 25) = 0
), other AS (
    SELECT NULL::INTEGER AS outage_id, CASE WHEN mix(i, 127, 5) < 2 THEN 1 + 14 * mix(i, 124, 60) ELSE 1 + mix(i, 124, 900) END AS customer_id, DATE '2024-01-05' + mix(i, 125, 720)::INTEGER AS received_on, mix(i, 126, 100) AS draw
    FROM range(1, 701) AS r(i)
), joined AS (
    SELECT * FROM upset WHERE received_on <= DATE '2025-12-31' UNION ALL SELECT * FROM other
)
SELECT row_number() OVER (ORDER BY received_on, customer_id, coalesce(outage_id, 0)), customer_id, received_on,
       CASE WHEN outage_id IS NOT NULL THEN 'outage' WHEN draw < 50 THEN 'bill' WHEN draw < 75 THEN 'meter' WHEN draw < 90 THEN 'works' ELSE 'voltage' END,
       outage_id,
       CASE WHEN draw % 11 = 3 OR received_on + (1 + draw % 26)::INTEGER > DATE '2025-12-31' THEN NULL ELSE received_on + (1 + draw % 26)::INTEGER END
FROM joined ORDER BY received_on, customer_id, coalesce(outage_id, 0);

INSERT INTO credits
SELECT i, 1 + mix(i, 131, 900), ['goodwill', 'long outage', 'billing error'][1 + mix(i, 132, 3)], 5 * (2 + mix(i, 133, 16)),
       DATE '2024-02-10' + (i * 37 % 670)::INTEGER
FROM range(1, 241) AS r(i) ORDER BY i;
-- Some that matter where debts are set off, and where the long outages of October 2025 are made good.
INSERT INTO credits VALUES
    (241, 276, 'billing error', 30.00, DATE '2025-11-18'), (242, 274, 'goodwill', 45.00, DATE '2024-12-04'),
    (243, 92, 'long outage', 35.00, DATE '2025-10-20'), (244, 163, 'goodwill', 20.00, DATE '2025-10-21'),
    (245, 180, 'long outage', 35.00, DATE '2025-09-02');
