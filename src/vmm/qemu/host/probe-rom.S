# A ROM that goes from reset to 64-bit mode, counts to 2^26, times PIT channel 2 with the TSC, takes one timer interrupt,
# prints the shortest of three runs as 16 hex digits on the debug port 0xe9 and ends QEMU by port 0xf4.
.set BASE, 0xf0000
.code16
.text
start16:
 cli
 lgdtl %cs:(gdtr - start16)
 mov %cr0, %eax
 or $1, %al
 mov %eax, %cr0
 ljmpl $8, $(BASE + start32 - start16)
.code32
start32:
 mov $0x10, %ax
 mov %ax, %ds
 mov %ax, %es
 mov %ax, %ss
 # the local APIC hands on what the PIC says
 movl $0x1ff, 0xfee000f0
 movl $0x700, 0xfee00350
 movl $0x2003, 0x1000
 movl $0x3003, 0x2000
 movl $0x83, 0x3000
 mov $0x1000, %eax
 mov %eax, %cr3
 mov %cr4, %eax
 or $0x20, %al
 mov %eax, %cr4
 mov $0xc0000080, %ecx
 rdmsr
 or $1, %ah
 wrmsr
 mov %cr0, %eax
 or $0x80000000, %eax
 mov %eax, %cr0
 ljmpl $0x18, $(BASE + start64 - start16)
.code64
start64:
 mov $0x8000, %esp
 # takes 0.03 s on a CPU and 0.3 s in TCG; a KVM without hardware for it interprets each instruction, for minutes
 mov $0x4000000, %ecx
0: dec %ecx
 jnz 0b
 # shortest of three runs of PIT channel 2
 mov $3, %ebp
 or $-1, %rbx
1: in $0x61, %al
 and $0xfc, %al
 or $1, %al
 out %al, $0x61
 mov $0xb0, %al
 out %al, $0x43
 mov $0xff, %al
 out %al, $0x42
 out %al, $0x42
 call ticks
 mov %rax, %rsi
2: in $0x61, %al
 test $0x20, %al
 jz 2b
 call ticks
 sub %rsi, %rax
 cmp %rbx, %rax
 cmovb %rax, %rbx
 dec %ebp
 jnz 1b
 # one interrupt of PIT channel 0: vector 0x20, gate at 0x4000 + 0x200
 movl $(((BASE + handler - start16) & 0xffff) | 0x180000), 0x4200
 movl $(((BASE + handler - start16) & 0xffff0000) | 0x8e00), 0x4204
 movw $0x0fff, 0x5000
 movl $0x4000, 0x5002
 lidt 0x5000
 mov $0x11, %al
 out %al, $0x20
 mov $0x20, %al
 out %al, $0x21
 mov $4, %al
 out %al, $0x21
 mov $1, %al
 out %al, $0x21
 # all are masked until the CPU takes them: KVM forgets one that the PIC has passed on before that
 mov $0xff, %al
 out %al, $0x21
 sti
 mov $0x30, %al
 out %al, $0x43
 mov $0x10, %al
 out %al, $0x40
 out %al, $0x40
 mov $0xfe, %al
 out %al, $0x21
3: hlt
 jmp 3b
handler:
 mov $16, %ecx
4: rol $4, %rbx
 mov %bl, %al
 and $15, %al
 cmp $10, %al
 jb 5f
 add $39, %al
5: add $48, %al
 out %al, $0xe9
 loop 4b
 mov $10, %al
 out %al, $0xe9
 xor %eax, %eax
 out %eax, $0xf4
6: hlt
 jmp 6b
ticks:
 rdtsc
 shl $32, %rdx
 or %rdx, %rax
 ret
.align 8
# the CPU would mark a descriptor as accessed when it loads it, which a ROM does not take: they are marked here
gdt: .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00af9b000000ffff
gdtr: .word 31
 .long BASE + gdt - start16
end:
