-- A dead letter that was replayed: when, and as which message.
alter table dead_letters add column replayed_at timestamptz, add column replayed_as uuid;
