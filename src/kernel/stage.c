/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stage: a freestanding program that maps the script on the descriptor named by its
 * only argument and runs it. It is built apart (no libc, no start files), embedded into
 * wolffia and executed from a sealed memfd. It must stay a few kilobytes.
 */
#include "kernel/script.h"

#include <sys/mman.h>
#include <sys/syscall.h>

__attribute__((used)) _Noreturn static void stage(const uint64_t *stack);

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n"
	"\tand $-16, %rsp\n\tcall stage\n");

static long sys6(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t f)
{
	register uint64_t r10 __asm__("r10") = d;
	register uint64_t r8 __asm__("r8") = f;
	register uint64_t r9 __asm__("r9") = 0;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n\tmov x0, sp\n\tbl stage\n");

static long sys6(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t f)
{
	register long x8 __asm__("x8") = nr;
	register uint64_t x0 __asm__("x0") = a;
	register uint64_t x1 __asm__("x1") = b;
	register uint64_t x2 __asm__("x2") = c;
	register uint64_t x3 __asm__("x3") = d;
	register uint64_t x4 __asm__("x4") = f;
	register uint64_t x5 __asm__("x5") = 0;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return (long)x0;
}
#elif defined(__riscv) && __riscv_xlen == 64
__asm__(".globl _start\n_start:\n\tmv a0, sp\n\tcall stage\n");

static long sys6(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t f)
{
	register long a7 __asm__("a7") = nr;
	register uint64_t a0 __asm__("a0") = a;
	register uint64_t a1 __asm__("a1") = b;
	register uint64_t a2 __asm__("a2") = c;
	register uint64_t a3 __asm__("a3") = d;
	register uint64_t a4 __asm__("a4") = f;
	register uint64_t a5 __asm__("a5") = 0;

	__asm__ volatile("ecall"
			 : "+r"(a0)
			 : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
			 : "memory");
	return (long)a0;
}
#endif

_Noreturn static void stage(const uint64_t *stack)
{
	const char *text = (const char *)(uintptr_t)stack[2]; /* argv[1] */
	const struct script_head *head;
	uint64_t fd = 0;
	uint64_t size;
	long at;

	for (; stack[0] > 1 && *text >= '0' && *text <= '9'; text++)
		fd = fd * 10 + (uint64_t)(*text - '0');
	/* the head tells the size; its first page is enough for that */
	at = sys6(SYS_mmap, 0, 4096, PROT_READ, MAP_PRIVATE, fd);
	head = (const struct script_head *)at;
	if (at > 0 && head->magic == SCRIPT_MAGIC) {
		size = head->size;
		at = sys6(SYS_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
		sys6(SYS_close, fd, 0, 0, 0, 0);
		if (at > 0)
			script_run((void *)at);
	}
	for (;;)
		sys6(SYS_exit_group, 125, 0, 0, 0, 0);
}
