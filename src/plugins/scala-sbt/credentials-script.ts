/**
 * A script of perl that writes, from the environment of who runs it, the files of credentials that sbt and coursier read:
 * for each repository MAVEN_REPO_<ID>_HOST (or …_URL), …_USER, …_PASSWORD and …_REALM, or MAVEN_REPO_HOST … for a single
 * one. They lie in `~/.sbt/credentials`, which is in memory; links lead there. Prints for whom they are, never a value else.
 */
export const CREDENTIALS_SCRIPT: string = String.raw`#!/usr/bin/perl
use strict;
use Fcntl;

my $home = $ENV{HOME};
my $directory = "$home/.sbt/credentials";
my $config = ($ENV{XDG_CONFIG_HOME} || "$home/.config") . '/coursier';
my %links = ("$home/.sbt/.credentials" => undef, "$config/credentials.properties" => "$directory/coursier.properties");

my @repositories = complete(repositories());
if (@repositories) {
  make_directory($directory);
  die "dewar scala-sbt: $directory is not in memory (tmpfs), and a secret must not reach a disk: dewar down, then dewar up\n"
    if file_system($directory) ne 'tmpfs';
  for my $repository (@repositories) {
    put("$directory/$repository->{ID}", join('', map { line($_, $repository->{uc $_}) } qw(realm host user password)));
  }
  put("$directory/coursier.properties", join('', map { coursier($_) } @repositories));
  $links{"$home/.sbt/.credentials"} = "$directory/$repositories[0]{ID}";
}
my %wanted = map { $_ => 1 } 'coursier.properties', map { $_->{ID} } @repositories;
for my $path (glob_of($directory)) {
  my ($name) = $path =~ m{([^/]+)\z};
  unlink $path unless @repositories && $wanted{$name};
}
link_to($_, @repositories ? $links{$_} : undef) for sort keys %links;
print "credentials of Maven repositories: ", join(', ', map { $_->{HOST} } @repositories), "\n" if @repositories;

sub repositories {
  my %found;
  for my $name (keys %ENV) {
    my ($id, $what) = $name =~ /^MAVEN_REPO(?:_(\w+?))?_(HOST|URL|REALM|USER|USERNAME|PASSWORD)\z/ or next;
    next if $ENV{$name} eq '';
    $what = 'USER' if $what eq 'USERNAME';
    $found{lc($id // 'default')}{$what} = $ENV{$name};
  }
  return map { { %{$found{$_}}, ID => $_ } } sort { ($a ne 'default') <=> ($b ne 'default') || $a cmp $b } keys %found;
}

sub complete {
  my @complete;
  for my $repository (@_) {
    if (!defined $repository->{HOST} && defined $repository->{URL}) {
      ($repository->{HOST}) = $repository->{URL} =~ m{^\w+://(?:[^/@]*@)?(\[[^\]]*\]|[^/:?#]+)};
    }
    # a repository that needs no login
    next unless defined $repository->{USER} || defined $repository->{PASSWORD};
    my @missing = grep { !defined $repository->{$_} } qw(HOST USER PASSWORD);
    if (!@missing) { push @complete, $repository; next }
    my $prefix = $repository->{ID} eq 'default' ? 'MAVEN_REPO' : 'MAVEN_REPO_' . uc $repository->{ID};
    print STDERR "dewar scala-sbt: no credentials by ${'$'}{prefix}_…: ", join(', ', map { "${'$'}{prefix}_$_" } @missing), " not set\n";
  }
  return @complete;
}

sub coursier {
  my ($repository) = @_;
  my %keys = (username => 'USER', password => 'PASSWORD', host => 'HOST', realm => 'REALM');
  return join('', map { line("$repository->{ID}.$_", $repository->{$keys{$_}}) } sort keys %keys);
}

# Of a file of Java properties.
sub line {
  my ($key, $value) = @_;
  return '' unless defined $value;
  utf8::decode($value);
  $value =~ s/([\\ \t])/\\$1/g;
  $value =~ s/([^\x20-\x7e])/join('', map { sprintf('\\u%04x', $_) } utf16(ord $1))/ge;
  return "$key=$value\n";
}

sub utf16 {
  my ($point) = @_;
  return $point if $point < 0x10000;
  $point -= 0x10000;
  return (0xd800 + ($point >> 10), 0xdc00 + ($point & 0x3ff));
}

sub put {
  my ($path, $text) = @_;
  my $new = "$path.new";
  unlink $new;
  sysopen(my $file, $new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600) or die "dewar scala-sbt: $new: $!\n";
  print({$file} $text) && close($file) && rename($new, $path) or die "dewar scala-sbt: $path: $!\n";
}

# What the user has put there by himself stays.
sub link_to {
  my ($path, $target) = @_;
  my $old = readlink $path;
  if (!defined $old && lstat $path) {
    print STDERR "dewar scala-sbt: $path is not of this plugin, and stays\n" if defined $target;
    return;
  }
  return if defined $old && ($old !~ m{^\Q$directory/\E} || defined $target && $old eq $target);
  unlink $path if defined $old;
  return unless defined $target;
  make_directory($path =~ s{/[^/]+\z}{}r);
  symlink($target, $path) or die "dewar scala-sbt: $path: $!\n";
}

sub make_directory {
  my ($path) = @_;
  return if -d $path;
  make_directory($path =~ s{/[^/]+\z}{}r);
  mkdir($path, 0700) || -d $path or die "dewar scala-sbt: $path: $!\n";
}

sub file_system {
  my ($path) = @_;
  open(my $pipe, '-|', 'stat', '-f', '-c', '%T', '--', $path) or return '';
  my $type = <$pipe> // '';
  chomp $type;
  return $type;
}

sub glob_of {
  my ($path) = @_;
  opendir(my $handle, $path) or return ();
  return map { "$path/$_" } grep { !/^\.{1,2}\z/ } readdir $handle;
}
`;
