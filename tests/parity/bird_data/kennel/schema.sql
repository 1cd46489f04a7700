CREATE TABLE dogs (
    dog_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    breed TEXT,
    weight DOUBLE PRECISION,
    price DECIMAL(8, 2),
    born DATE,
    seen TIMESTAMP,
    chipped TIMESTAMP
);
