-- Tells every process of the service about a new product, whoever inserts it: lookups of unknown SKUs do not reach the database.
create function notify_product_added() returns trigger language plpgsql as $$
begin
  perform pg_notify('product_added', new.sku);
  return null;
end
$$;
create trigger product_added after insert on products for each row execute function notify_product_added();
