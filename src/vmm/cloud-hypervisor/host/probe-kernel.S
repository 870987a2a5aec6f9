# A kernel in the form that PVH guests have: it starts in flat 32-bit mode, counts to 2^26, turns paging on, counts again, says
# "dewar" on the first serial port and powers its machine off by Cloud Hypervisor's ACPI port 0x600.
.code32
.text
start:
 cli
 # takes 0.03 s on a CPU; a KVM without hardware for it interprets each instruction, for minutes
 mov $0x4000000, %ecx
0: dec %ecx
 jnz 0b
 # the first 4 MiB as one page that is itself
 movl $0x83, 0x200000
 mov $0x200000, %eax
 mov %eax, %cr3
 mov %cr4, %eax
 or $0x10, %eax
 mov %eax, %cr4
 mov %cr0, %eax
 or $0x80000000, %eax
 mov %eax, %cr0
 mov $0x4000000, %ecx
1: dec %ecx
 jnz 1b
 # there is no stack
 mov $text, %esi
3: mov $0x3fd, %edx
4: in %dx, %al
 test $0x20, %al
 jz 4b
 lodsb
 test %al, %al
 jz 5f
 mov $0x3f8, %edx
 out %al, %dx
 jmp 3b
5: mov $0x600, %edx
 mov $0x34, %al
 out %al, %dx
6: hlt
 jmp 6b
text: .asciz "dewar\n"
