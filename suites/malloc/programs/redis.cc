// Redis: a server on a socket in its directory, filled with values of every type, loaded by redis-benchmark,
// saved by a forked child and loaded again. The digest is over all keys and values.
#include <cstddef>
#include <string>

#include "suites/core/random.h"
#include "suites/malloc/programs/program.h"

namespace assay::suite::programs {
namespace {

// A line a command, as redis-cli --pipe reads them.
std::string commands() {
  Random random(1);
  std::string lines;
  for (int i = 0; i < 60'000; ++i) {
    const std::string key = std::to_string(random.below(3000)), field = std::to_string(random.below(100)),
                      value(1 + random.below(random.one_in(50) ? 20'000 : 200), 'v');
    switch (random.below(9)) {
      case 0:
        lines += "SET string" + key + " " + value;
        break;
      case 1:
        lines += "APPEND string" + key + " " + value;
        break;
      case 2:
        lines += "HSET hash" + key + " field" + field + " " + value;
        break;
      case 3:
        lines += "ZADD sorted" + key + " " + field + " member" + std::to_string(random.below(50));
        break;
      case 4:
        lines += "SADD set" + key + " member" + field;
        break;
      case 5:
        lines += "RPUSH list" + key + " " + value;
        break;
      case 6:
        lines += "LPOP list" + key;
        break;
      case 7:
        lines += "DEL string" + key + " hash" + key + " set" + key;
        break;
      default:
        lines += "SETRANGE string" + key + " " + field + " " + value;
    }
    lines += "\r\n";
  }
  return lines;
}

Files inputs() { return {{"commands", commands()}}; }

constexpr char kScript[] = R"sh(
redis-server --port 0 --unixsocket redis.sock --save '' --enable-debug-command yes >server.log &
server=$!
ask() { redis-cli -s redis.sock "$@"; }
tries=0
until ask ping >/dev/null 2>&1; do
  kill -0 $server
  tries=$((tries + 1))
  [ $tries -lt 2000 ]
  sleep 0.05
done
redis-cli -s redis.sock --pipe < commands | tail -n 1
ask debug digest
redis-benchmark -s redis.sock -n 16000 -d 300 -P 8 -q \
    -t set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,zadd,mset >benchmark.log
ask dbsize
ask debug digest
ask bgsave
while ask info persistence | grep -q rdb_bgsave_in_progress:1; do sleep 0.05; done
ask info persistence | grep rdb_last_bgsave_status
ask debug reload
ask debug digest
ask flushall
ask shutdown nosave
wait $server
)sh";

}  // namespace

Program redis() {
  return {.name = "redis",
          .needs = {"redis-server", "redis-benchmark", "redis-cli"},
          .inputs = inputs,
          .script = kScript,
          .files = {},
          .users = {"redis-server", "redis-benchmark", "redis-cli"}};
}

}  // namespace assay::suite::programs
