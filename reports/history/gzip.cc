#include "reports/history/gzip.h"

#include <zlib.h>

#include <limits>
#include <stdexcept>

namespace assay::report {
namespace {

constexpr int kGzipWindow = 15 + 16;  // the largest window, a gzip header instead of zlib's
constexpr std::size_t kLargest = std::size_t{1}
                                 << 30;  // of a text: a small file may claim to hold a huge one

// zlib reads `next_in` only, but does not say so in its type.
void feed(z_stream* stream, std::string_view input) {
  if (input.size() > std::numeric_limits<uInt>::max()) throw std::runtime_error("is larger than 4 GiB");
  stream->next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(input.data()));
  stream->avail_in = static_cast<uInt>(input.size());
}

// One more piece of output; what zlib says.
int step(z_stream* stream, int (*work)(z_stream*, int), int flush, std::string* output) {
  char piece[1 << 16];
  stream->next_out = reinterpret_cast<Bytef*>(piece);
  stream->avail_out = sizeof piece;
  const int status = work(stream, flush);
  output->append(piece, sizeof piece - stream->avail_out);
  return status;
}

}  // namespace

std::string compress(std::string_view text) {
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("zlib: no memory");
  feed(&stream, text);
  std::string bytes;
  int status = Z_OK;
  while (status == Z_OK) status = step(&stream, deflate, Z_FINISH, &bytes);
  deflateEnd(&stream);
  if (status != Z_STREAM_END) throw std::runtime_error("zlib: deflate says " + std::to_string(status));
  return bytes;
}

std::string decompress(std::string_view bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) throw std::runtime_error("zlib: no memory");
  feed(&stream, bytes);
  std::string text;
  int status = Z_OK;
  while (status == Z_OK && text.size() <= kLargest) status = step(&stream, inflate, Z_NO_FLUSH, &text);
  const bool rest = stream.avail_in != 0;
  const std::string detail = stream.msg != nullptr ? stream.msg : "";
  inflateEnd(&stream);
  if (text.size() > kLargest) throw std::runtime_error("holds more than 1 GiB of text");
  if (status == Z_BUF_ERROR) throw std::runtime_error("is cut off: its compressed text does not end");
  if (status != Z_STREAM_END) throw std::runtime_error("is damaged: not gzip's format, " + detail);
  if (rest) throw std::runtime_error("is damaged: something follows its compressed text");
  return text;
}

}  // namespace assay::report
