// Transfers at the same time, each on a thread of its own: what they share by mistake shows.
#pragma once

#include <cstdint>

#include "suites/core/on_threads.h"
#include "suites/core/random.h"
#include "suites/transfer/subject.h"

namespace assay::suite::transfer {

template <class T>
void check_threads() {
  if constexpr (!kSends<T>) {
    absent("claims no sending");
  } else {
    require_available<T>();
    on_threads(4, [](unsigned member) {
      Random random(seed() + member);
      for (int round = 0; round < 3; ++round) {
        T transfer;
        require(transfer.open() == 0, "one of four cannot be opened");
        const Bytes bytes = make_bytes(400'000, random.next());
        const TemporaryFile file{Span(bytes)};
        for_each_source<T>([&](Source source) {
          Connection connection(false, {.send = 32'768, .receive = 32'768});
          Received received(connection);
          Bytes expected;
          for (int part = 0; part < 6; ++part) {
            const std::uint64_t offset = random.below(bytes.size()),
                                length = random.log_between(1, bytes.size() - offset);
            const IoResult result =
                drive(connection, received, length, 30'000, false, [&](std::uint64_t done) {
                  return send_part(transfer, source, connection.sender(), file, bytes, offset + done,
                                   length - done);
                });
            require(result == IoResult{length, 0}, "%s of %llu bytes: %llu and %s", name_of(source),
                    ull(length), ull(result.bytes), strerror(result.error));
            const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(offset);
            expected.insert(expected.end(), begin, begin + static_cast<std::ptrdiff_t>(length));
          }
          finish(transfer, connection, [&] { received.take(1 << 20); });
          connection.end();
          received.take_rest();
          require_same(received.bytes, expected, "one of four connections");
        });
        if constexpr (kCopiesFiles<T>) {
          const TemporaryFile target;
          const IoResult result = transfer.copy(file.get(), 0, target.get(), 0, bytes.size());
          require(result == IoResult{bytes.size(), 0}, "copy(): %s", strerror(result.error));
          require_same(target.read(0, bytes.size() + 1), bytes, "one of four copies");
        }
      }
    });
  }
}

// Over and over with one: what it keeps of each time adds up.
template <class T>
void check_many_messages() {
  if constexpr (!kSends<T>) {
    absent("claims no sending");
  } else {
    for_each_source<T>([](Source source) {
      const Bytes bytes = make_bytes(70'000, seed());
      const TemporaryFile file{Span(bytes)};
      Opened<T> transfer;
      Connection connection(false);
      Received received(connection);
      Random random(seed());
      for (int message = 0; message < 2'000; ++message) {
        const std::uint64_t length = message % 200 == 0 ? 60'000 : random.log_between(1, 2'000);
        const std::uint64_t offset = random.below(bytes.size() - length + 1);
        received.bytes.clear();
        const IoResult result = drive(connection, received, length, 100'000, false, [&](std::uint64_t done) {
          return send_part(transfer.subject, source, connection.sender(), file, bytes, offset + done,
                           length - done);
        });
        require(result == IoResult{length, 0}, "message %d of %llu bytes: %s", message, ull(length),
                strerror(result.error));
        received.take_all(length);
        require_same(received.bytes,
                     Span(bytes).subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length)),
                     "one of many messages");
        if (message % 50 == 0) finish(transfer.subject, connection);
      }
      finish(transfer.subject, connection);
    });
  }
}

template <class T>
struct StressClauses {
  Clause threads{"STRESS-1", ClauseClass::kViolation, "zerocopy/transfer_concept.h: send_file, send, copy",
                 "Transfers on several threads do not disturb each other", &check_threads<T>};
  Clause messages{"STRESS-2", ClauseClass::kViolation, "zerocopy/transfer_concept.h: send_file, send",
                  "Thousands of messages over one connection all arrive whole", &check_many_messages<T>};
};

}  // namespace assay::suite::transfer
