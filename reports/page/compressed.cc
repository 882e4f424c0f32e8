#include "reports/page/compressed.h"

#include <zlib.h>

#include <algorithm>
#include <stdexcept>

#include "reports/page/markup.h"

namespace assay::report {
namespace {

constexpr std::size_t kShort = 32 << 10;  // bytes, up to which text stays legible in the page's source

}  // namespace

std::string base64(std::string_view bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve(bytes.size() / 3 * 4 + 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    unsigned bits = 0;
    for (std::size_t i = 0; i < 3; ++i)
      bits = bits << 8 | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i) text += i <= count ? kDigits[bits >> (18 - 6 * i) & 63] : '=';
  }
  return text;
}

std::string gzip(std::string_view text) {
  z_stream stream{};
  constexpr int kGzip = 15 + 16;  // the largest window, with gzip's header
  if (deflateInit2(&stream, 6, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("zlib cannot start: out of memory");
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int status = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (status != Z_STREAM_END) throw std::runtime_error("zlib left its work unfinished");
  return packed;
}

std::string json_script(std::string_view attributes, std::string_view json) {
  const bool brief = json.size() <= kShort;
  std::string text =
      join("<script type=\"", brief ? "application/json" : "text/plain", "\" ", attributes, ">");
  if (!brief)
    text += base64(gzip(json));
  else
    for (const char c : json)
      if (c == '<')
        text += "\\u003c";  // or "</script>" within a name would end the element
      else
        text += c;
  return text + "</script>\n";
}

}  // namespace assay::report
