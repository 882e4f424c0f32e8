// SQLite: a table of 200,000 rows, two indices, grouping, windows, JSON; the database that it leaves is
// compared byte by byte.
#include "suites/malloc/programs/program.h"

namespace assay::suite::programs {
namespace {

constexpr char kScript[] = R"sql(
.bail on
PRAGMA journal_mode = WAL;
PRAGMA cache_size = -8000;
CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, colour TEXT, price REAL, stock INTEGER);
BEGIN;
WITH RECURSIVE row (id, hash) AS (
  SELECT 1, 12345
  UNION ALL
  SELECT id + 1, (hash * 1103515245 + 12345) % 2147483648 FROM row WHERE id < 200000)
INSERT INTO item
  SELECT id, printf('item %08x of many', hash), substr('redgreenblue', 1 + hash / 65536 % 9, 4), hash % 100000 / 100.0, hash / 1024 % 500 FROM row;
COMMIT;
CREATE INDEX item_name ON item (name);
CREATE INDEX item_colour ON item (colour, stock DESC);
SELECT colour, count(*), sum(stock), round(avg(price), 3), min(name) FROM item GROUP BY colour ORDER BY colour;
SELECT stock / 50, group_concat(id) FROM (SELECT * FROM item WHERE id % 997 = 3 ORDER BY name) GROUP BY 1;
UPDATE item SET name = upper(name) WHERE stock < 40;
DELETE FROM item WHERE colour LIKE 'r%' AND price > 700;
SELECT name, rank() OVER (PARTITION BY colour ORDER BY price DESC, id) AS place FROM item WHERE id < 3000 ORDER BY place, name LIMIT 20;
SELECT json_group_array(json_object('id', id, 'name', name)) FROM item WHERE id BETWEEN 500 AND 600;
ANALYZE;
VACUUM;
)sql";

Files inputs() { return {{"work.sql", kScript}}; }

}  // namespace

Program sqlite3() {
  return {.name = "sqlite3",
          .needs = {"sqlite3"},
          .inputs = inputs,
          .script = "sqlite3 -init /dev/null work.db < work.sql\n",
          .files = {"work.db"},
          .users = {"sqlite3"}};
}

}  // namespace assay::suite::programs
