/** Of the guest's user, and of his group. */
export const GUEST_USER_ID = 1000;

/** On this host, of what the guest's root makes: nobody's, beyond the ids that systemd gives to containers. */
export const GUEST_ROOT_ON_HOST = 2_000_000_000;
