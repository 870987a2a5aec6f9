# Of the programs that /usr/lib/dewar/run starts.
use strict;

our $RUNS = '/run/dewar/runs';

# @return [parent, group, session, start time] of a process; undef when there is none
sub facts_of {
  my ($pid) = @_;
  open(my $file, '<', "/proc/$pid/stat") or return undef;
  # its name may have spaces and parentheses
  my ($rest) = (<$file> // '') =~ /\) . (.*)/ or return undef;
  my @fields = split(' ', $rest);
  return [ @fields[ 0 .. 2 ], $fields[18] ];
}

# Signals all processes of a session but one, and those that they start meanwhile. @return how many there were
sub signal_session {
  my ($signal, $session, $except) = @_;
  my %done;
  while (1) {
    opendir(my $all, '/proc') or return scalar keys %done;
    my @found = grep {
      my $facts = /^\d+$/ && $_ != $except && !$done{$_} ? facts_of($_) : undef;
      defined $facts && $facts->[2] == $session;
    } readdir $all;
    return scalar keys %done unless @found;
    kill($signal, @found);
    @done{@found} = @found;
  }
}

1;
