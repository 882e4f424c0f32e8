// The oracle of the model against the corpus: both say the same, and the corpus is as large as it should be.
#include "suites/http_head/corpus.h"

#include <gtest/gtest.h>

#include <set>
#include <span>
#include <string>

#include "suites/http_head/reference.h"

namespace assay::suite::http_head {
namespace {

TEST(Corpus, EveryVerdictIsTheReferences) {
  for (const Samples* samples : kCorpus) {
    for (const Sample& sample : samples->all) {
      const HttpVerdict verdict = Reference::read(samples->message, samples->rules(), sample.text()).verdict;
      EXPECT_EQ(verdict, sample.verdict()) << samples->rule << ": " << testing::PrintToString(sample.text())
                                           << ": error " << int(verdict.error) << " at " << verdict.offset;
    }
  }
}

TEST(Corpus, FramingSamplesAreHeads) {
  for (const auto& samples :
       {std::span<const FramingSample>(kLengthSamples), std::span<const FramingSample>(kConflictSamples),
        std::span<const FramingSample>(kDisputedSamples), std::span<const FramingSample>(kChunkedSamples)}) {
    for (const FramingSample& sample : samples) {
      const std::string text = "POST / HTTP/1.1\r\n" + std::string(sample.fields) + "\r\n";
      EXPECT_EQ(Reference::read(kRequest, {}, text).verdict.outcome, HttpOutcome::kComplete) << text;
    }
  }
}

TEST(Corpus, HasTwoHundredInputsAllDifferent) {
  std::set<std::string> texts;
  std::size_t count = 0;
  for (const Samples* samples : kCorpus) {
    for (const Sample& sample : samples->all) {
      texts.insert(std::string(samples->rule) + sample.text());
      ++count;
    }
  }
  EXPECT_EQ(texts.size(), count);
  EXPECT_GE(count, 200u);
}

}  // namespace
}  // namespace assay::suite::http_head
