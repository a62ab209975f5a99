/* Inner loops of exact arithmetic: + - * / negative square sqrt of float64 and float32.

   Each operation is rounded once, as IEEE 754 says, so the bits are those of NumPy's loops. (No multiplication and
   addition are contracted to one rounding: setup.py compiles with -ffp-contract=off.)

   A. A loop has the signature of NumPy's; `data` leads to NumPy's own loop, which is called for strides that are
      neither those of contiguous memory nor 0.
   B. Loops for rows, and for two operations at once (`exact_pairs_body.h`), are for operands that are contiguous or
      one number.
   C. `exact_loops_body.h` is compiled once for each instruction set; `leopard_choose_instructions` chooses one of
      them when the module is imported. Other compilers and processors have the first, in plain C. */
#ifndef LEOPARD_EXACT_LOOPS_H
#define LEOPARD_EXACT_LOOPS_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "exact_table.h"

#if defined(__clang__)
#define LEOPARD_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)         /* an operand may be the result itself; it never overlaps in part */
#define LEOPARD_INDEPENDENT _Pragma("GCC ivdep")
#else
#define LEOPARD_INDEPENDENT
#endif

#define LEOPARD_SET base
#define LEOPARD_WIDTH 0
#define LEOPARD_TARGET
#include "exact_loops_body.h"
#undef LEOPARD_SET
#undef LEOPARD_WIDTH
#undef LEOPARD_TARGET

#if (defined(__x86_64__) || defined(__i386__)) && defined(__GNUC__)
#define LEOPARD_HAS_SETS 1

#define LEOPARD_SET avx2
#define LEOPARD_WIDTH 32
#define LEOPARD_TARGET __attribute__((target("avx2")))
#include "exact_loops_body.h"
#undef LEOPARD_SET
#undef LEOPARD_WIDTH
#undef LEOPARD_TARGET

#define LEOPARD_SET avx512
#define LEOPARD_WIDTH 64
#if defined(__clang__)
#define LEOPARD_TARGET __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl"), min_vector_width(512)))
#else
#define LEOPARD_TARGET __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,prefer-vector-width=512")))
#endif
#include "exact_loops_body.h"
#undef LEOPARD_SET
#undef LEOPARD_WIDTH
#undef LEOPARD_TARGET
#endif

/* The table of the best instruction set that the processor has and the environment allows. */
static const leopard_exact_table *leopard_choose_instructions(void) {
#ifdef LEOPARD_HAS_SETS
    const char *wanted = getenv("LEOPARD_INSTRUCTIONS");
    int most = wanted == NULL || !strcmp(wanted, "avx512") ? 2 : !strcmp(wanted, "avx2") ? 1 : 0;
    __builtin_cpu_init();
    if (most == 2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
            && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return &leopard_exact_avx512;
    if (most >= 1 && __builtin_cpu_supports("avx2"))
        return &leopard_exact_avx2;
#endif
    return &leopard_exact_base;
}

#endif
