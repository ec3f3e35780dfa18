insert into products (position, sku, name, price_cents, available) values
  (1, 'desk-lamp', 'Desk lamp', 3900, 500),
  (2, 'wool-blanket', 'Wool blanket', 7900, 300),
  (3, 'oak-stool', 'Oak stool', 8900, 120),
  (4, 'linen-apron', 'Linen apron', 3400, 200),
  (5, 'tea-pot', 'Tea pot', 4200, 250),
  (6, 'field-notebook', 'Field notebook', 900, 2000),
  (7, 'pocket-compass', 'Pocket compass', 2700, 400),
  (8, 'trail-map', 'Trail map', 1200, 1000),
  (9, 'brass-bell', 'Brass bell', 1900, 50),
  (10, 'last-lantern', 'The last lantern', 5400, 1),
  (11, 'grand-piano', 'Grand piano (the payment is declined)', 1250000, 10),
  (12, 'lucky-postcard', 'Lucky postcard (the first payment attempt fails)', 197, 1000),
  (13, 'lost-postcard', 'Lost postcard (every payment attempt fails)', 198, 1000)
on conflict (sku) do nothing;
