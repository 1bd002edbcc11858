"""What upstreams understand is what corsd means: some hundred mutated requests for each of four servers, thousands with CORSD_ALL=1; CORSD_SEED
for others than always the same."""

import os
import unittest

from differential import Differential
from understanding import Server

COUNT = 5500 if os.environ.get("CORSD_ALL") == "1" else 200
SEED = os.environ.get("CORSD_SEED", "1")


class Understanding(unittest.TestCase):
    def test_nobody_is_misunderstood(self):
        for name in Server.NAMES:
            with self.subTest(name):
                differential = Differential(name, SEED)
                self.addCleanup(differential.close)
                wrong = [line for number in range(COUNT) for line in differential.run(number)]
                differential.report()
                self.assertEqual(wrong, [], "\n".join(wrong[:200]))
                self.assertGreater(differential.counts["understood"], COUNT)
                self.assertGreater(differential.counts["refused at once"], COUNT // 10)


if __name__ == "__main__":
    unittest.main()
