CREATE TABLE days (
    day DATE PRIMARY KEY,
    day_no INTEGER NOT NULL UNIQUE,
    month VARCHAR NOT NULL,
    quarter VARCHAR NOT NULL,
    weekday VARCHAR NOT NULL,
    working BOOLEAN NOT NULL
);
CREATE TABLE suppliers (
    supplier_id INTEGER PRIMARY KEY,
    name VARCHAR NOT NULL,
    country VARCHAR NOT NULL,
    terms JSON NOT NULL
);
CREATE TABLE customers (
    customer_id INTEGER PRIMARY KEY,
    name VARCHAR NOT NULL,
    city VARCHAR NOT NULL,
    segment VARCHAR NOT NULL CHECK (segment IN ('retail', 'trade')),
    joined DATE NOT NULL,
    newsletter BOOLEAN NOT NULL,
    referred_by INTEGER,
    contact JSON NOT NULL
);
CREATE TABLE products (
    product_id INTEGER PRIMARY KEY,
    name VARCHAR NOT NULL,
    category VARCHAR NOT NULL,
    supplier_id INTEGER NOT NULL REFERENCES suppliers (supplier_id),
    unit_cost DECIMAL(8, 2) NOT NULL,
    list_price DECIMAL(8, 2) NOT NULL,
    stock INTEGER NOT NULL,
    reorder_level INTEGER NOT NULL,
    discontinued BOOLEAN NOT NULL,
    launched_on DATE NOT NULL
);
CREATE TABLE price_history (
    product_id INTEGER NOT NULL REFERENCES products (product_id),
    valid_from DATE NOT NULL,
    list_price DECIMAL(8, 2) NOT NULL,
    PRIMARY KEY (product_id, valid_from)
);
CREATE TABLE purchases (
    purchase_id INTEGER PRIMARY KEY,
    product_id INTEGER NOT NULL REFERENCES products (product_id),
    quantity INTEGER NOT NULL,
    unit_cost DECIMAL(8, 2) NOT NULL,
    purchased_on DATE NOT NULL,
    due_on DATE NOT NULL,
    received_on DATE
);
CREATE TABLE orders (
    order_id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (customer_id),
    ordered_on DATE NOT NULL,
    status VARCHAR NOT NULL CHECK (status IN ('open', 'shipped', 'delivered', 'cancelled')),
    channel VARCHAR NOT NULL,
    shipping_fee DECIMAL(6, 2) NOT NULL,
    shipped_on DATE,
    delivered_on DATE
);
CREATE TABLE order_lines (
    order_id INTEGER NOT NULL REFERENCES orders (order_id),
    line_no INTEGER NOT NULL,
    product_id INTEGER NOT NULL REFERENCES products (product_id),
    quantity INTEGER NOT NULL,
    unit_price DECIMAL(8, 2) NOT NULL,
    discount DECIMAL(4, 2) NOT NULL,
    PRIMARY KEY (order_id, line_no)
);
CREATE TABLE returns (
    return_id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL,
    line_no INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    reason VARCHAR NOT NULL,
    refunded DECIMAL(8, 2),
    returned_on DATE NOT NULL,
    FOREIGN KEY (order_id, line_no) REFERENCES order_lines (order_id, line_no)
);
CREATE TABLE reviews (
    review_id INTEGER PRIMARY KEY,
    product_id INTEGER NOT NULL REFERENCES products (product_id),
    customer_id INTEGER NOT NULL REFERENCES customers (customer_id),
    stars INTEGER CHECK (stars BETWEEN 1 AND 5),
    written_on DATE NOT NULL,
    published BOOLEAN NOT NULL
);
CREATE TABLE vouchers (
    voucher_id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (customer_id),
    reason VARCHAR NOT NULL,
    amount DECIMAL(6, 2) NOT NULL,
    issued_on DATE NOT NULL,
    valid_until DATE NOT NULL,
    redeemed_order INTEGER REFERENCES orders (order_id)
);
