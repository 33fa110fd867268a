/* The fastest loop that we could write by hand for sums of n terms w*relu(x), w and x normal.
 *
 * 16 sums go side by side in one register of 512 bits, in single precision: xoshiro128++ in 16
 * lanes for the bits, Box-Muller for two normals from two words, one fused multiply-add. Two
 * independent sets of 16 sums hide the latency of each other. No statistics are taken.
 */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define LANES 16
typedef uint32_t Words __attribute__((vector_size(4 * LANES)));
typedef int32_t Signed __attribute__((vector_size(4 * LANES)));
typedef float Floats __attribute__((vector_size(4 * LANES)));

typedef struct {
    Words a, b, c, d;
} Generator;

/* Steele, Lea & Flood (2014): to key lanes. */
static uint64_t splitmix(uint64_t *state) {
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static Words keyed(uint64_t *state) {
    Words words;
    for (int lane = 0; lane < LANES; lane++) words[lane] = (uint32_t)(splitmix(state) >> 32);
    return words;
}

static Generator generator(uint64_t *state) {
    Generator g;
    g.a = keyed(state);
    g.b = keyed(state);
    g.c = keyed(state);
    g.d = keyed(state);
    return g;
}

#define ROTATED(words, k) (((words) << (k)) | ((words) >> (32 - (k))))

/* Blackman & Vigna (2021). */
static inline __attribute__((always_inline)) Words next(Generator *g) {
    Words sum = g->a + g->d, result = ROTATED(sum, 7) + g->a, shifted = g->b << 9;
    g->c ^= g->a;
    g->d ^= g->b;
    g->b ^= g->c;
    g->a ^= g->d;
    g->c ^= shifted;
    g->d = ROTATED(g->d, 11);
    return result;
}

static inline __attribute__((always_inline)) Floats positive_part(Floats x) {
    return (Floats)_mm512_max_ps((__m512)x, _mm512_setzero_ps());
}

/* -log(u) for u = (k + 1/2) 2^-31 with the upper 31 bits k, to 3e-7 times the mantissa's log:
 * the mantissa 1 + f is in [3/4, 3/2), and log(1 + f)/f a polynomial in Estrin's form. */
static inline __attribute__((always_inline)) Floats negative_log(Words word) {
    Floats u = __builtin_convertvector((Signed)(word >> 1), Floats) * 0x1p-31f + 0x1p-32f;
    Floats exponent = (Floats)_mm512_getexp_ps((__m512)(u * 1.3333334f));
    Floats f = (Floats)_mm512_getmant_ps((__m512)u, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_src) - 1.0f;
    Floats f2 = f * f, f4 = f2 * f2;
    Floats low = (f * -0.50000177f + 1.0000002f) + f2 * (f * -0.24978827f + 0.33329474f);
    Floats high = (f * -0.17357406f + 0.20119603f) + f2 * (f * -0.06508381f + 0.14006882f);
    Floats value = exponent * -0.69314718f - f * (f4 * high + low);
    return positive_part(value);
}

/* Box & Muller (1958), with an angle pi/4 + t in one quadrant and two random signs. */
static inline __attribute__((always_inline)) void normals(Words first, Words second, Floats *w,
                                                          Floats *x) {
    const Words sign = (Words){} + 0x80000000u;
    Floats radius = (Floats)_mm512_sqrt_ps((__m512)negative_log(first));
    Floats t = __builtin_convertvector((Signed)(second << 2), Floats) * 3.65729520e-10f;
    Floats t2 = t * t;
    Floats cosine = ((t2 * -0.0013585779f + 0.041655015f) * t2 - 0.49999856f) * t2 + 1.0f;
    Floats sine = t * (((t2 * -1.950390e-4f + 0.0083320358f) * t2 - 0.16666651f) * t2 + 1.0f);
    *w = (Floats)((Words)(radius * (cosine - sine)) ^ (second & sign));
    *x = (Floats)((Words)(radius * (cosine + sine)) ^ ((second << 1) & sign));
}

static inline __attribute__((always_inline)) Floats with_term(Floats sums, Generator *first,
                                                              Generator *second) {
    Floats w, x;
    normals(next(first), next(second), &w, &x);
    return w * positive_part(x) + sums;
}

/* Writes `draws` sums of `n` terms; `draws` is a multiple of 32. */
void draw_sums(uint64_t seed, size_t draws, size_t n, float *out) {
    uint64_t state = seed;
    Generator g[4];
    for (int i = 0; i < 4; i++) g[i] = generator(&state);
    for (size_t j = 0; j < draws; j += 2 * LANES) {
        Floats one = {}, two = {};
        for (size_t i = 0; i < n; i++) {
            one = with_term(one, &g[0], &g[1]);
            two = with_term(two, &g[2], &g[3]);
        }
        _mm512_storeu_ps(out + j, (__m512)one);
        _mm512_storeu_ps(out + j + LANES, (__m512)two);
    }
}
