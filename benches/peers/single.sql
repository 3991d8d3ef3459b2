\set number random(1, 1000000000000)
insert into single values ('ord-' || :client_id || '-' || :number, '2026-01-01T00:00:00.000Z', 'order_completed', 'lazada-shop-110', 'southeast-asia', 'consumer-electronics', 243.15, 'SGD', 3, false);
