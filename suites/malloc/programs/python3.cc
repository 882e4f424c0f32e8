// Python: parsing its own library, JSON, dictionaries, regular expressions, big integers, threads.
// PYTHONMALLOC=malloc makes every object a block of malloc's, instead of every 512 bytes and more.
#include "suites/malloc/programs/program.h"

namespace assay::suite::programs {
namespace {

constexpr char kScript[] = R"python(
import ast, collections, decimal, gc, hashlib, io, json, os, re, sys, threading, zlib

def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]

class Random:
    def __init__(self, seed):
        self.state = seed
    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % n

def parsed_library():
    nodes = collections.Counter()
    for name in ('argparse', 'ast', 'difflib', 'inspect'):
        with open(os.path.join(os.path.dirname(ast.__file__), name + '.py'), encoding='utf-8') as file:
            tree = ast.parse(file.read())
        for node in ast.walk(tree):
            nodes[type(node).__name__] += 1
        compile(tree, name, 'exec')
    return sorted(nodes.items())

def json_round_trips():
    random = Random(1)
    def value(depth):
        kind = random.below(6 if depth < 5 else 3)
        if kind == 0: return random.below(10**9)
        if kind == 1: return 'x' * random.below(200) + str(random.below(1000))
        if kind == 2: return random.below(1000) / 8
        if kind == 3: return [value(depth + 1) for _ in range(random.below(9))]
        return {'key%d' % random.below(5000): value(depth + 1) for _ in range(random.below(9))}
    tree = [value(0) for _ in range(700)]
    text = json.dumps(tree, sort_keys=True)
    assert json.loads(text) == tree
    return len(text), digest(text), digest(json.dumps(json.loads(text), indent=1))

def dictionary_churn():
    random = Random(2)
    words = {}
    for i in range(50000):
        key = 'word %d' % random.below(20000)
        if random.below(3) == 0: words.pop(key, None)
        else: words[key] = words.get(key, '') [-300:] + key * random.below(4)
    return len(words), digest(repr(sorted(words.items())))

def matches():
    random = Random(3)
    text = ' '.join('%s=%d;' % (chr(97 + random.below(26)) * (1 + random.below(12)), random.below(9999))
                    for _ in range(15000))
    found = re.findall(r'(\b(?:a|e|i|o|u)+)=(\d+);', text)
    replaced = re.sub(r'([a-z])\1+', lambda m: m.group(1) + str(len(m.group(0))), text)
    return len(found), digest(repr(found)), digest(replaced)

def rings():
    class Node:
        pass
    for _ in range(15000):
        a, b = Node(), Node()
        a.other, b.other, a.data = b, a, bytearray(64)
    return gc.collect() >= 0

def threads():
    results = [None] * 4
    def work(number):
        random, buffer = Random(10 + number), io.BytesIO()
        for _ in range(100):
            buffer.write(zlib.compress(bytes(random.below(256) for _ in range(random.below(300)))))
        results[number] = hashlib.sha256(buffer.getvalue()).hexdigest()[:16]
    workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for worker in workers: worker.start()
    for worker in workers: worker.join()
    return results

def numbers():
    decimal.getcontext().prec = 2000
    return digest(str(decimal.Decimal(2).sqrt())), digest(str(hash(3**9000))), digest(str(7**4000))

for part in (parsed_library, json_round_trips, dictionary_churn, matches, rings, threads, numbers):
    print(part.__name__, part())
)python";

Files inputs() { return {{"work.py", kScript}}; }

}  // namespace

Program python3() {
  return {.name = "python3",
          .needs = {"python3"},
          .inputs = inputs,
          .script = "PYTHONHASHSEED=0 PYTHONMALLOC=malloc PYTHONNOUSERSITE=1 python3 work.py\n",
          .files = {},
          .users = {"python3"}};
}

}  // namespace assay::suite::programs
