# A kernel that shows that a guest really runs: it counts to 2^26, takes one timer interrupt, says so on the serial port
# and has the keyboard controller reset the machine, which ends Firecracker with exit code 0.
# Firecracker enters it as Linux is: 64-bit mode, the first GiB mapped to itself, interrupts off.
.code64
.text
start:
 mov $0x80000, %esp
 # takes 0.03 s on a CPU; a KVM without hardware for it interprets each instruction, for minutes
 mov $0x4000000, %ecx
0: dec %ecx
 jnz 0b
 # one interrupt of PIT channel 0: vector 0x20, gate at 0x90000 + 0x200, the code segment that is there
 lea handler(%rip), %rax
 mov %cs, %edx
 shl $16, %edx
 mov %ax, %dx
 mov %edx, 0x90200
 mov %eax, %edx
 and $0xffff0000, %edx
 or $0x8e00, %edx
 mov %edx, 0x90204
 movq $0, 0x90208
 movw $0x0fff, 0x91000
 movq $0x90000, 0x91002
 lidt 0x91000
 # the local APIC hands on what the PIC says: Firecracker has told it to
 mov $0x11, %al
 out %al, $0x20
 mov $0x20, %al
 out %al, $0x21
 mov $4, %al
 out %al, $0x21
 mov $1, %al
 out %al, $0x21
 mov $0xfe, %al
 out %al, $0x21
 mov $0x30, %al
 out %al, $0x43
 mov $0x10, %al
 out %al, $0x40
 out %al, $0x40
 sti
1: hlt
 jmp 1b
handler:
 mov $0x3f8, %dx
 lea words(%rip), %rsi
 mov $(end - words), %ecx
2: mov (%rsi), %al
 out %al, %dx
 inc %rsi
 dec %ecx
 jnz 2b
 mov $0xfe, %al
 out %al, $0x64
3: hlt
 jmp 3b
words: .ascii "a guest runs\n"
end:
