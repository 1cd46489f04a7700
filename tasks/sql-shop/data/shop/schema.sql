CREATE TABLE customers (
    customer_id INTEGER PRIMARY KEY,
    name VARCHAR NOT NULL,
    city VARCHAR NOT NULL,
    segment VARCHAR NOT NULL CHECK (segment IN ('retail', 'trade')),
    joined DATE NOT NULL,
    newsletter BOOLEAN NOT NULL,
    contact JSON NOT NULL
);
CREATE TABLE products (
    product_id INTEGER PRIMARY KEY,
    name VARCHAR NOT NULL,
    category VARCHAR NOT NULL,
    unit_cost DECIMAL(8, 2) NOT NULL,
    list_price DECIMAL(8, 2) NOT NULL,
    stock INTEGER NOT NULL,
    reorder_level INTEGER NOT NULL,
    discontinued BOOLEAN NOT NULL
);
CREATE TABLE orders (
    order_id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (customer_id),
    ordered_on DATE NOT NULL,
    status VARCHAR NOT NULL CHECK (status IN ('open', 'shipped', 'delivered', 'cancelled')),
    channel VARCHAR NOT NULL,
    shipping_fee DECIMAL(6, 2) NOT NULL
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
    refunded DECIMAL(8, 2) NOT NULL,
    returned_on DATE NOT NULL,
    FOREIGN KEY (order_id, line_no) REFERENCES order_lines (order_id, line_no)
);
