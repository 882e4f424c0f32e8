// Perl: hashes that grow and shrink, strings that are cut and joined, regular expressions, trees of
// references.
#include "suites/malloc/programs/program.h"

namespace assay::suite::programs {
namespace {

constexpr char kScript[] = R"perl(
use strict;
use warnings;

my $state = 1;
sub below { $state = ($state * 1103515245 + 12345) % 2147483648; return int($state / 65536) % $_[0]; }
sub digest { my $sum = 5381; $sum = ($sum * 33 + $_) % 4294967296 for unpack('C*', $_[0]); return sprintf('%08x', $sum); }

# A hash that grows and shrinks.
my %words;
for my $i (1 .. 150_000) {
  my $key = 'word' . below(20_000);
  if (below(3) == 0) { delete $words{$key}; } else { $words{$key} .= $key x below(4); }
  substr($words{$key}, 0, 200) = '' if defined $words{$key} && length $words{$key} > 400;
}
print scalar(keys %words), ' ', digest(join(',', map { "$_=$words{$_}" } sort keys %words)), "\n";

# Regular expressions over a long text.
my $text = join(' ', map { (chr(97 + below(26)) x (1 + below(9))) . '=' . below(9999) . ';' } 1 .. 20_000);
my @found = $text =~ /\b((?:a|e|i|o|u)+)=(\d+);/g;
(my $replaced = $text) =~ s/([a-z])\1+/$1 . length($&)/ge;
my %count;
$count{$1}++ while $replaced =~ /(\w\d?)=/g;
print scalar(@found), ' ', digest($replaced), ' ', join(',', map { "$_$count{$_}" } sort keys %count), "\n";

# Structures of references, and what closures hold.
my @trees;
sub tree { my ($depth) = @_; return { depth => $depth, name => 'n' x below(40), children => [map { tree($depth + 1) } 1 .. ($depth < 6 ? 1 + below(3) : 0)] }; }
sub weight { my ($tree) = @_; my $sum = length $tree->{name}; $sum += weight($_) for @{$tree->{children}}; return $sum; }
for (1 .. 400) { push @trees, tree(0); splice(@trees, below(scalar @trees), 1) if @trees > 100; }
my $total = 0;
$total += weight($_) for @trees;
my @closures = map { my $n = $_; my @held = (1 .. 20); sub { $n += $_ for @held; return $n; } } 1 .. 3_000;
my $sum = 0;
$sum += $_->() for @closures;
print "$total $sum\n";

# Sorting, packing, formats.
my @records = sort { $a->[1] <=> $b->[1] || $a->[0] cmp $b->[0] } map { ['r' . below(100_000), below(1000)] } 1 .. 30_000;
my $packed = join('', map { pack('A10 N', @$_) } @records);
my @lines = split /\n/, join("\n", map { sprintf('%-12s %6d', @$_) } @records);
print digest($packed), ' ', digest(join('', reverse @lines)), "\n";
)perl";

Files inputs() { return {{"work.pl", kScript}}; }

}  // namespace

Program perl() {
  return {.name = "perl",
          .needs = {"perl"},
          .inputs = inputs,
          .script = "PERL_HASH_SEED=0 perl work.pl\n",
          .files = {},
          .users = {"perl"}};
}

}  // namespace assay::suite::programs
