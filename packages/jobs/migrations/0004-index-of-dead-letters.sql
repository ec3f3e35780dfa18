-- In the order in which they are listed.
create index dead_letters_in_order on dead_letters ((replayed_at is null), died_at, message_id);
