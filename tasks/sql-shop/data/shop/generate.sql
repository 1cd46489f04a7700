-- Everything but suppliers and products. Whole numbers only, so that every machine makes the same rows.

-- `roll(n, s)`: a number below 1,000,003 that looks thrown; `s` keeps the throws for one row apart.
CREATE TEMP MACRO seed(n, s) AS (CAST(n AS BIGINT) * 7919 + CAST(s AS BIGINT) * 104729 + 4242) % 1000003;
CREATE TEMP MACRO stir(n, s) AS (seed(n, s) * seed(n, s) + CAST(n AS BIGINT) * 613 + s * 29) % 1000003;
CREATE TEMP MACRO roll(n, s) AS (stir(n, s) * stir(n, s) + seed(n, s)) % 1000003;
CREATE TEMP MACRO whole(x) AS CAST(x AS INTEGER);

-- The calendar: three years of trade, and the quarter after them for what is due.
INSERT INTO days
SELECT
    day, whole(n) + 1, substr(CAST(day AS VARCHAR), 1, 7), year(day) || '-Q' || quarter(day),
    ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][isodow(day)],
    isodow(day) < 6
        AND substr(CAST(day AS VARCHAR), 6) NOT IN ('01-01', '01-06', '05-01', '10-03', '12-24', '12-25', '12-26')
FROM (SELECT n, DATE '2023-01-01' + whole(n) AS day FROM range(0, 1186) AS numbers (n));

-- Customers: one in eight a business; every sixth a regular; some came by another's word; not all have a telephone.
INSERT INTO customers
WITH drawn AS (
    SELECT
        n,
        CASE WHEN roll(n, 1) % 8 = 0 THEN 'trade' ELSE 'retail' END AS segment,
        ['Ada', 'Bruno', 'Carla', 'Dmitri', 'Elif', 'Farah', 'Gustav', 'Hana', 'Imre', 'Joana', 'Kofi', 'Lena', 'Marek',
         'Nadia', 'Olu', 'Petra', 'Quentin', 'Rosa', 'Sven', 'Tomas', 'Ursula', 'Vera', 'Wim', 'Xenia', 'Yusuf', 'Zora',
         'Anouk', 'Ben', 'Celia', 'Darius', 'Esra', 'Finn'] AS given,
        ['Abel', 'Brandt', 'Costa', 'Dahl', 'Eriksen', 'Fischer', 'Grau', 'Haas', 'Ivanova', 'Jansen', 'Keller', 'Lund',
         'Moreau', 'Novak', 'Okafor', 'Pires', 'Quist', 'Rossi', 'Simic', 'Torres', 'Ueda', 'Vogel', 'Weiss', 'Yilmaz',
         'Zeman', 'Bakker', 'Corvo', 'Demir', 'Falk', 'Holm', 'Kaya', 'Linde', 'Mora', 'Petersen', 'Sand', 'Thorne',
         'Varga', 'Winter', 'Young', 'Zoltan'] AS family,
        CASE
            WHEN roll(n, 2) % 100 < 46 THEN DATE '2022-01-03' + whole(roll(n, 3) % 362)
            ELSE DATE '2023-01-02' + whole(roll(n, 3) % 1070)
        END AS joined
    FROM range(1, 801) AS numbers (n)
), named AS (
    SELECT
        *,
        given[1 + roll(n, 4) % 32] AS first_name,
        family[1 + roll(n, 5) % 40] AS last_name
    FROM drawn
)
SELECT
    n,
    CASE segment
        WHEN 'trade' THEN last_name || [' & Sons', ' Interiors', ' Trading', ' Home Store', ' & Co'][1 + roll(n, 6) % 5]
        ELSE first_name || ' ' || last_name
    END,
    ['Oravik', 'Oravik', 'Oravik', 'Mersch', 'Mersch', 'Lindau', 'Lindau', 'Port Sella', 'Port Sella', 'Tarn',
     'Greyfield', 'Saltby'][1 + roll(n, 7) % 12],
    segment,
    joined,
    roll(n, 8) % 100 < 46,
    CASE WHEN n > 30 AND roll(n, 9) % 100 < 21 THEN 1 + (roll(n, 10) % (n - 1)) * (roll(n, 11) % 40) // 60 END,
    '{"email": "' || CASE segment
        WHEN 'trade' THEN 'office@' || lower(last_name) || n || '.example'
        ELSE lower(first_name || '.' || last_name) || n || '@example.org'
    END || '", ' || CASE
        WHEN roll(n, 12) % 100 < 86 THEN '"phone": "+00 555 ' || substr(CAST(10000 + n AS VARCHAR), 2) || '", '
        ELSE ''
    END || '"prefers": "' || CASE segment
        WHEN 'trade' THEN ['phone', 'phone', 'email', 'email', 'post'][1 + roll(n, 13) % 5]
        ELSE ['email', 'email', 'email', 'phone', 'post'][1 + roll(n, 13) % 5]
    END || '", "address": {"postcode": "' || (10 + roll(n, 7) % 12) || '-' || (100 + roll(n, 14) % 40)
    || '", "language": "' || ['en', 'en', 'en', 'de', 'fr'][1 + roll(n, 15) % 5] || '"}}'
FROM named;

-- Two dozen who registered a second time with the same address, some under a shorter name.
INSERT INTO customers
SELECT
    800 + row_number() OVER (ORDER BY customer_id),
    CASE WHEN roll(customer_id, 21) % 2 = 0 THEN substr(name, 1, 1) || '. ' || split_part(name, ' ', 2) ELSE name END,
    city, segment, greatest(joined, DATE '2023-03-01') + 20 + whole(roll(customer_id, 22) % 12), false, NULL, contact
FROM customers
WHERE segment = 'retail' AND customer_id % 31 = 17 AND joined < DATE '2025-11-01';

-- Prices: most went up in February 2024 and in March 2025, a few came down in October 2025. Made backwards from today's.
INSERT INTO price_history
WITH today AS (
    SELECT
        product_id AS n, launched_on, whole(list_price * 100) AS cents,
        launched_on < DATE '2024-01-01' AND roll(product_id, 31) % 100 < 66 AS up_24,
        launched_on < DATE '2025-01-01' AND roll(product_id, 32) % 100 < 72 AS up_25,
        roll(product_id, 33) % 100 < 16 AS cut
    FROM products
), before_cut AS (
    SELECT *, CASE WHEN cut THEN cents * 109 // 100 // 5 * 5 ELSE cents END AS in_2025 FROM today
), before_25 AS (
    SELECT *, CASE WHEN up_25 THEN in_2025 * 100 // (103 + roll(n, 34) % 8) // 5 * 5 ELSE in_2025 END AS in_2024
    FROM before_cut
), before_24 AS (
    SELECT *, CASE WHEN up_24 THEN in_2024 * 100 // (102 + roll(n, 35) % 7) // 5 * 5 ELSE in_2024 END AS in_2023
    FROM before_25
), changes AS (
    SELECT
        n, launched_on AS valid_from,
        CASE
            WHEN launched_on < DATE '2024-02-01' THEN in_2023
            WHEN launched_on < DATE '2025-03-01' THEN in_2024
            ELSE in_2025
        END AS price
    FROM before_24
    UNION ALL
    SELECT n, DATE '2024-02-01', in_2024 FROM before_24 WHERE up_24
    UNION ALL
    SELECT n, DATE '2025-03-01', in_2025 FROM before_24 WHERE up_25
    UNION ALL
    SELECT n, DATE '2025-10-01', cents FROM before_24 WHERE cut
)
SELECT n, valid_from, CAST(price AS DECIMAL(10, 2)) * 0.01 FROM changes ORDER BY n, valid_from;

-- Orders as they were placed: growing from year to year, most before Christmas; market stalls stand on Saturdays.
CREATE TEMP TABLE placed AS
WITH drawn AS (
    SELECT
        n,
        CASE
            WHEN n % 617 = 0 THEN 801 + (n // 617) % 9
            WHEN roll(n, 41) % 100 < 43 THEN 6 * (1 + roll(n, 42) % 133)
            ELSE 1 + roll(n, 42) % 800
        END AS customer_id,
        DATE '2023-01-01' + whole(CASE
            WHEN roll(n, 43) % 100 < 25 THEN roll(n, 44) % 365
            WHEN roll(n, 43) % 100 < 58 THEN 365 + roll(n, 44) % 366
            ELSE 731 + roll(n, 44) % 365
        END) AS day
    FROM range(1, 12901) AS numbers (n)
), kept AS (
    SELECT d.n, d.customer_id, c.segment, d.day, c.joined
    FROM drawn d JOIN customers c ON c.customer_id = d.customer_id
    WHERE roll(n, 45) % 100 < [58, 56, 70, 76, 74, 60, 52, 50, 72, 86, 100, 96][month(d.day)]
      AND d.customer_id % 19 <> 7
      AND NOT (d.customer_id % 24 = 6 AND d.day > DATE '2025-05-20')
), channelled AS (
    SELECT
        *,
        CASE
            WHEN segment = 'trade' THEN CASE WHEN roll(n, 46) % 100 < 45 THEN 'phone' ELSE 'web' END
            WHEN roll(n, 46) % 100 < 39 - 9 * (year(day) - 2023) THEN 'market'
            WHEN roll(n, 46) % 100 < 52 - 10 * (year(day) - 2023) THEN 'phone'
            ELSE 'web'
        END AS channel
    FROM kept
), dated AS (
    SELECT n, customer_id, segment, joined, channel,
        CASE WHEN channel = 'market' THEN day - whole((isodow(day) + 1) % 7) ELSE day END AS ordered_on
    FROM channelled
)
SELECT n, customer_id, segment, channel, ordered_on
FROM dated
WHERE ordered_on >= joined AND ordered_on >= DATE '2023-01-02' AND roll(n, 47) % 100 < 88;

-- What was in them: a few products sell much more than the rest; garden things in summer, lamps in winter.
CREATE TEMP TABLE goods AS
WITH drawn AS (
    SELECT
        o.n, k, o.ordered_on, o.segment, o.n * 7 + k AS salt,
        101 + ((roll(o.n * 7 + k, 51) % 76) * (roll(o.n * 7 + k, 52) % 76 + 1) // 76 * 29 + 13) % 76 AS product_id
    FROM placed o, range(1, 6) AS numbers (k)
    WHERE k <= CASE
        WHEN o.segment = 'trade' THEN 2 + roll(o.n, 53) % 4
        ELSE 1 + (roll(o.n, 53) % 4) * (roll(o.n, 54) % 4 + 1) // 4
    END
), once AS (
    SELECT *, row_number() OVER (PARTITION BY n, product_id ORDER BY k) AS repeated FROM drawn
), sold AS (
    SELECT d.n, d.k, d.salt, d.segment, d.product_id, p.category, h.list_price
    FROM once d
    JOIN products p ON p.product_id = d.product_id
    ASOF JOIN price_history h ON h.product_id = d.product_id AND h.valid_from <= d.ordered_on
    WHERE d.repeated = 1
      AND NOT (p.category = 'garden' AND month(d.ordered_on) NOT BETWEEN 3 AND 9 AND roll(d.salt, 55) % 100 < 66)
      AND NOT (p.category = 'lighting' AND month(d.ordered_on) BETWEEN 4 AND 8 AND roll(d.salt, 55) % 100 < 48)
)
SELECT
    n, row_number() OVER (PARTITION BY n ORDER BY k) AS line_no, product_id,
    CASE
        WHEN segment = 'trade' THEN 4 + roll(salt, 56) % 9
        WHEN list_price < 12 THEN 1 + roll(salt, 56) % 4
        ELSE 1 + (roll(salt, 56) % 4) // 3
    END AS quantity,
    list_price,
    CASE
        WHEN segment = 'trade' THEN CASE WHEN roll(salt, 57) % 100 < 60 THEN 0.12 ELSE 0.20 END
        ELSE [0, 0, 0, 0, 0, 0.04, 0.04, 0.08][1 + roll(salt, 57) % 8]
    END AS discount
FROM sold;

-- What became of them: market goods are handed over at once, parcels take their days and longer in December.
INSERT INTO orders
WITH valued AS (
    SELECT o.*, v.amount, 1000 + row_number() OVER (ORDER BY o.ordered_on, o.n) AS order_id
    FROM placed o
    JOIN (SELECT n, sum(quantity * list_price * (1 - discount)) AS amount FROM goods GROUP BY n) v ON v.n = o.n
), packed AS (
    SELECT
        *,
        ordered_on + 1
            + whole(roll(n, 61) % 3 + CASE WHEN month(ordered_on) = 12 THEN roll(n, 62) % 3 ELSE 0 END) AS sent_on,
        whole(1 + (roll(n, 63) % 5) * (roll(n, 64) % 3 + 1) // 2) AS way
    FROM valued
), fated AS (
    SELECT
        *,
        CASE
            WHEN channel = 'market' THEN 'delivered'
            WHEN roll(n, 65) % 1000 < 56 THEN 'cancelled'
            WHEN ordered_on >= DATE '2025-07-01' AND roll(n, 66) % 1000 < 17 THEN 'open'
            WHEN sent_on > DATE '2025-12-31' THEN 'open'
            WHEN sent_on + way > DATE '2025-12-31' THEN 'shipped'
            ELSE 'delivered'
        END AS status
    FROM packed
)
SELECT
    order_id, customer_id, ordered_on, status, channel,
    CASE WHEN channel = 'market' OR amount >= 60 THEN 0 ELSE 4.90 END,
    CASE WHEN channel <> 'market' AND status IN ('shipped', 'delivered') THEN sent_on END,
    CASE WHEN channel = 'market' THEN ordered_on WHEN status = 'delivered' THEN sent_on + way END
FROM fated
ORDER BY order_id;

CREATE TEMP TABLE numbered AS
SELECT o.n, 1000 + row_number() OVER (ORDER BY o.ordered_on, o.n) AS order_id
FROM placed o
WHERE o.n IN (SELECT n FROM goods);

INSERT INTO order_lines
SELECT o.order_id, g.line_no, g.product_id, g.quantity, g.list_price, g.discount
FROM goods g JOIN numbered o ON o.n = g.n
ORDER BY 1, 2;

-- What came back: some products break, some disappoint. Money for what came lately is not paid back yet; who only
-- changed their mind gets 88 per cent.
INSERT INTO returns
WITH drawn AS (
    SELECT
        l.order_id, l.line_no, l.quantity, l.unit_price, l.discount, l.order_id * 11 + l.line_no AS salt,
        o.delivered_on + 2 + whole(roll(l.order_id * 11 + l.line_no, 71) % 17) AS returned_on,
        CASE
            WHEN roll(l.order_id * 11 + l.line_no, 72) % 100 <
                CASE
                    WHEN l.product_id IN (103, 105, 118, 134, 149, 152) THEN 9
                    WHEN p.category = 'stationery' THEN 1
                    ELSE 3
                END
                THEN 'damaged'
            WHEN roll(l.order_id * 11 + l.line_no, 73) % 100 < 2 THEN 'wrong item'
            WHEN roll(l.order_id * 11 + l.line_no, 74) % 100 < CASE WHEN p.category = 'textiles' THEN 7 ELSE 2 END
                AND o.channel <> 'market' THEN 'changed mind'
            WHEN o.delivered_on > o.ordered_on + 7 AND roll(l.order_id * 11 + l.line_no, 75) % 100 < 12 THEN 'late'
        END AS reason
    FROM order_lines l
    JOIN orders o ON o.order_id = l.order_id
    JOIN products p ON p.product_id = l.product_id
    WHERE o.status = 'delivered'
), back AS (
    SELECT
        *,
        CASE
            WHEN reason IN ('damaged', 'changed mind') THEN 1 + whole(roll(salt, 76) % quantity)
            ELSE quantity
        END AS pieces
    FROM drawn
    WHERE reason IS NOT NULL AND returned_on <= DATE '2025-12-31'
)
SELECT
    row_number() OVER (ORDER BY returned_on, order_id, line_no), order_id, line_no, pieces, reason,
    CASE WHEN NOT (returned_on >= DATE '2025-11-17' AND roll(salt, 77) % 100 < 58) THEN
        round(pieces * unit_price * (1 - discount) * CASE reason WHEN 'changed mind' THEN 0.88 ELSE 1.00 END, 2)
    END,
    returned_on
FROM back
ORDER BY 1;

-- Reviews: by buyers, one a product; by some who never had it; not all with stars, not all published.
INSERT INTO reviews
WITH bought AS (
    SELECT
        l.product_id, o.customer_id, min(o.delivered_on) AS first_on, l.product_id * 1009 + o.customer_id AS salt
    FROM orders o
    JOIN order_lines l ON l.order_id = o.order_id
    JOIN customers c ON c.customer_id = o.customer_id
    WHERE o.status = 'delivered' AND c.segment = 'retail'
    GROUP BY l.product_id, o.customer_id
), written AS (
    SELECT product_id, customer_id, salt, first_on + 3 + whole(roll(salt, 81) % 38) AS written_on
    FROM bought
    WHERE roll(salt, 82) % 100 < 18
    UNION ALL
    SELECT p.product_id, c.customer_id, salt, DATE '2024-06-01' + whole(roll(salt, 83) % 570)
    FROM (SELECT n * 7 + 3 AS salt FROM range(1, 91) AS numbers (n)) AS drawn
    JOIN products p ON p.product_id = 101 + roll(salt, 84) % 76
    JOIN customers c ON c.customer_id = 1 + roll(salt, 85) % 800
    WHERE c.segment = 'retail' AND c.joined < DATE '2024-06-01'
      AND NOT EXISTS (SELECT 1 FROM bought b WHERE b.product_id = p.product_id AND b.customer_id = c.customer_id)
)
SELECT
    row_number() OVER (ORDER BY written_on, product_id, customer_id), product_id, customer_id,
    CASE WHEN roll(salt, 86) % 100 < 92 THEN
        1 + whole((roll(salt, 87) % 100 + roll(product_id, 88) % 75 + 18) // 39)
    END,
    written_on,
    roll(salt, 89) % 100 < 84
FROM written
WHERE written_on <= DATE '2025-12-31';

-- What the shop buys: a batch every few weeks, less often of what sells little; each supplier is late in its own way.
INSERT INTO purchases
WITH drawn AS (
    SELECT
        p.product_id, p.supplier_id, p.unit_cost, p.reorder_level, k, p.product_id * 53 + k AS salt,
        DATE '2023-01-09'
            + whole(k * (56 + roll(p.product_id, 91) % 90) + roll(p.product_id * 53 + k, 92) % 25) AS purchased_on,
        p.launched_on, p.discontinued, CAST(s.terms ->> 'lead_days' AS INTEGER) AS lead_days
    FROM products p
    JOIN suppliers s ON s.supplier_id = p.supplier_id,
    range(0, 20) AS numbers (k)
), made AS (
    SELECT
        *,
        purchased_on + lead_days AS due_on,
        purchased_on + lead_days + whole(CASE
            WHEN roll(salt, 93) % 100 < [60, 78, 50, 90, 82, 35, 66, 45, 94, 80, 86, 70, 96, 40, 0][supplier_id]
                THEN -(roll(salt, 94) % 4)
            ELSE 1 + roll(salt, 94) % (3 + 2 * (supplier_id % 5))
        END) AS arrives_on
    FROM drawn
    WHERE purchased_on BETWEEN launched_on AND DATE '2025-12-30'
      AND NOT (discontinued AND purchased_on > DATE '2025-01-31')
      AND NOT (supplier_id = 12 AND purchased_on >= DATE '2024-12-01')
)
SELECT
    row_number() OVER (ORDER BY purchased_on, product_id),
    product_id,
    whole((1 + roll(salt, 95) % 3) * reorder_level * 2),
    CASE
        WHEN purchased_on < DATE '2024-01-15' THEN round(unit_cost * 0.92, 2)
        WHEN purchased_on < DATE '2025-02-15' THEN round(unit_cost * 0.96, 2)
        ELSE unit_cost
    END,
    purchased_on,
    due_on,
    CASE
        WHEN arrives_on <= DATE '2025-12-31' AND NOT (due_on >= DATE '2025-06-01' AND roll(salt, 96) % 100 < 4)
            THEN arrives_on
    END
FROM made;

-- Vouchers: on joining, on a birthday, as an apology; three in five are used, for the first order that follows.
INSERT INTO vouchers
WITH given AS (
    SELECT customer_id, 'welcome' AS reason, 5.00 AS amount, joined + 1 AS issued_on, 120 AS days, customer_id * 3 AS salt
    FROM customers
    WHERE joined >= DATE '2023-01-01' AND customer_id <= 800 AND roll(customer_id, 101) % 100 < 62
    UNION ALL
    SELECT customer_id, 'birthday', 10.00, DATE '2024-01-01' + whole(365 * k + roll(customer_id, 102) % 360), 90,
        customer_id * 3 + 1 + 5000 * k
    FROM customers, range(0, 2) AS numbers (k)
    WHERE joined < DATE '2023-12-01' AND roll(customer_id, 103) % 100 < 50
    UNION ALL
    SELECT o.customer_id, 'apology', CASE WHEN roll(o.order_id, 104) % 2 = 0 THEN 10.00 ELSE 15.00 END,
        o.delivered_on + 2, 180, o.order_id * 3 + 2
    FROM orders o
    WHERE o.delivered_on > o.ordered_on + 9 AND o.delivered_on < DATE '2025-12-01' AND roll(o.order_id, 105) % 100 < 45
), used AS (
    SELECT
        g.*,
        (SELECT min(o.order_id) FROM orders o
         WHERE o.customer_id = g.customer_id AND o.status <> 'cancelled' AND o.channel <> 'market'
           AND o.ordered_on BETWEEN g.issued_on AND g.issued_on + g.days) AS next_order
    FROM given g
)
SELECT
    row_number() OVER (ORDER BY issued_on, customer_id, reason), customer_id, reason, amount, issued_on, issued_on + days,
    CASE
        WHEN row_number() OVER (PARTITION BY next_order ORDER BY issued_on, reason) = 1 AND roll(salt, 106) % 100 < 78
            THEN next_order
    END
FROM used;
